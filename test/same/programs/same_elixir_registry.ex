# SPDX-License-Identifier: Apache-2.0
# What Elixir builds on tables: Registry, Task.Supervisor, DynamicSupervisor by registered names, a cache behind a GenServer.
defmodule SameElixirRegistry do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  defmodule Counter do
    use GenServer
    def start_link({registry, name}), do: GenServer.start_link(__MODULE__, 0, name: {:via, Registry, {registry, name}})
    def init(n), do: {:ok, n}
    def handle_call(:next, _from, n), do: {:reply, n, n + 1}
    def handle_cast(:stop, n), do: {:stop, :normal, n}
  end

  defmodule Cache do
    use GenServer
    def start_link(table), do: GenServer.start_link(__MODULE__, table)
    def init(table), do: {:ok, :ets.new(table, [:set, :protected, read_concurrency: true])}
    def handle_call({:put, key, value}, _from, table), do: {:reply, :ets.insert(table, {key, value}), table}
    def handle_call(:table, _from, table), do: {:reply, table, table}
    def handle_info({:"ETS-TRANSFER", given, _from, data}, table), do: {:noreply, tap(table, fn _ -> :ets.insert(table, {data, :ets.tab2list(given)}) end)}
  end

  defp registry(keys, options \\ []) do
    name = :"registry#{System.unique_integer([:positive])}"
    {:ok, _} = Registry.start_link([keys: keys, name: name] ++ options)
    name
  end

  def unique_names do
    r = registry(:unique)
    me = self()
    {:ok, owner} = Registry.register(r, "me", :value)
    {is_pid(owner), Registry.lookup(r, "me") == [{me, :value}], Registry.register(r, "me", 2) == {:error, {:already_registered, me}},
     Registry.keys(r, me), Registry.count(r), Registry.update_value(r, "me", fn v -> {v, 1} end), Registry.values(r, "me", me), Registry.unregister(r, "me"), Registry.lookup(r, "me")}
  end

  def via_names do
    r = registry(:unique)
    {:ok, a} = Counter.start_link({r, :a})
    {:ok, b} = Counter.start_link({r, {:b, 1}})
    via = fn name -> {:via, Registry, {r, name}} end
    nexts = for name <- [:a, {:b, 1}, :a, :a], do: GenServer.call(via.(name), :next)
    {nexts, GenServer.whereis(via.(:a)) == a, Registry.whereis_name({r, {:b, 1}}) == b, Counter.start_link({r, :a}) == {:error, {:already_started, a}},
     GenServer.whereis(via.(:none)), catch_exit(fn -> GenServer.call(via.(:none), :next) end)}
  end

  def names_go_with_processes do
    r = registry(:unique)
    {:ok, pid} = Counter.start_link({r, :gone})
    ref = Process.monitor(pid)
    GenServer.cast(pid, :stop)
    receive do {:DOWN, ^ref, _, _, reason} -> reason end
    wait(fn -> Registry.count(r) == 0 end)
    {:ok, again} = Counter.start_link({r, :gone})
    {again != pid, Registry.lookup(r, :gone) == [{again, nil}]}
  end

  def duplicate_keys do
    for options <- [[], [partitions: 4]] do
      r = registry(:duplicate, options)
      me = self()
      for value <- [1, 2, 2], do: {:ok, _} = Registry.register(r, "topic", value)
      {:ok, _} = Registry.register(r, "other", %{a: 1})
      helper = spawn_link(fn -> Registry.register(r, "topic", :helper); send(me, :registered); receive do :stop -> :ok end end)
      receive do :registered -> :ok end
      Registry.dispatch(r, "topic", fn entries -> for {pid, value} <- entries, pid == me, do: send(pid, {:news, value}) end)
      news = for _ <- 1..3, do: receive(do: ({:news, value} -> value))
      seen = {Enum.sort(news), length(Registry.lookup(r, "topic")), Enum.sort(Registry.keys(r, me)), Registry.count_match(r, "topic", 2), Registry.match(r, "topic", 1) == [{me, 1}],
              Registry.values(r, "other", me), Registry.count(r), Registry.unregister_match(r, "topic", 2), Registry.count(r)}
      send(helper, :stop)
      wait(fn -> length(Registry.lookup(r, "topic")) == 1 end)
      seen
    end
  end

  def selecting do
    r = registry(:unique)
    for n <- 1..5, do: {:ok, _} = Registry.register(r, {:worker, n}, n * n)
    {Enum.sort(Registry.select(r, [{{{:worker, :"$1"}, :_, :"$2"}, [{:>, :"$2", 5}], [{{:"$1", :"$2"}}]}])), Registry.count_select(r, [{{:_, :_, :"$1"}, [{:<, :"$1", 10}], [true]}]),
     Registry.put_meta(r, :k, "v"), Registry.meta(r, :k), Registry.meta(r, :none), Registry.delete_meta(r, :k), Registry.meta(r, :k)}
  end

  def listeners do
    me = self()
    Process.register(me, :same_listener)
    r = registry(:unique, listeners: [:same_listener])
    {:ok, _} = Registry.register(r, :x, 1)
    first = receive do {:register, ^r, key, ^me, value} -> {key, value} end
    Registry.unregister(r, :x)
    second = receive do {:unregister, ^r, key, ^me} -> key end
    Process.unregister(:same_listener)
    {first, second}
  end

  def registry_errors do
    r = registry(:unique)
    for f <- [fn -> Registry.lookup(:no_such_registry, :a) end, fn -> Registry.register(:no_such_registry, :a, 1) end, fn -> Registry.update_value(registry(:duplicate), :a, & &1) end, fn -> Registry.start_link(name: r) end,
              fn -> Registry.update_value(r, :none, & &1) end],
        do: (try do f.() rescue e -> {e.__struct__, e |> Exception.message() |> String.replace(~r/registry\d+/, "registry")} end)
  end

  def tasks do
    {:ok, sup} = Task.Supervisor.start_link()
    squares = sup |> Task.Supervisor.async_stream(1..20, fn n -> n * n end, max_concurrency: 4) |> Enum.map(fn {:ok, n} -> n end)
    task = Task.Supervisor.async_nolink(sup, fn -> exit(:oops) end)
    {:ok, child} = Task.Supervisor.start_child(sup, fn -> receive do :stop -> :ok end end)
    yielded = Task.yield(task, 5000)
    wait(fn -> Task.Supervisor.children(sup) == [child] end)
    {squares, yielded, Task.Supervisor.terminate_child(sup, child), Task.Supervisor.children(sup)}
  end

  def supervised_names do
    r = registry(:unique)
    {:ok, sup} = DynamicSupervisor.start_link(strategy: :one_for_one)
    for n <- 1..10, do: {:ok, _} = DynamicSupervisor.start_child(sup, {Counter, {r, n}})
    via = fn n -> {:via, Registry, {r, n}} end
    for n <- 1..10, _ <- 1..n, do: GenServer.call(via.(n), :next)
    before = for n <- 1..10, do: GenServer.call(via.(n), :next)
    old = GenServer.whereis(via.(3))
    Process.exit(old, :kill)
    wait(fn -> GenServer.whereis(via.(3)) not in [nil, old] end)
    {before, GenServer.call(via.(3), :next), DynamicSupervisor.count_children(sup)}
  end

  def cache do
    {:ok, server} = Cache.start_link(:same_cache)
    for {k, v} <- [a: 1, b: %{c: [1, 2]}], do: GenServer.call(server, {:put, k, v})
    table = GenServer.call(server, :table)
    mine = :ets.new(:mine, [])
    :ets.insert(mine, {:x, 1})
    :ets.give_away(mine, server, :given)
    GenServer.call(server, :table)
    {:ets.lookup(table, :b), Enum.sort(:ets.tab2list(table)), (try do :ets.insert(table, {:d, 1}) rescue e -> Exception.message(e) end)}
  end

  def agents do
    {:ok, agent} = Agent.start_link(fn -> :ets.new(:agent, [:ordered_set]) end)
    for n <- [3, 1, 2], do: Agent.update(agent, fn t -> :ets.insert(t, {n, n * 10}) && t end)
    {Agent.get(agent, &:ets.tab2list/1), Agent.get(agent, &:ets.select(&1, [{{:"$1", :"$2"}, [{:>, :"$2", 10}], [:"$1"]}])), Agent.stop(agent)}
  end

  def messages do
    t = :ets.new(:t, [])
    :ets.insert(t, {:a, :x})
    for f <- [fn -> :ets.lookup(:same_no_such_table, 1) end, fn -> :ets.update_counter(t, :a, 1) end, fn -> :ets.insert(t, :x) end, fn -> :ets.update_element(t, :a, {1, 2}) end, fn -> :ets.select(t, :x) end, fn -> :ets.lookup_element(t, :zz, 2) end],
        do: (try do f.() rescue e -> e |> Exception.message() |> String.replace(~r/#Reference<[^>]*>/, "#Ref") end)
  end

  defp catch_exit(f) do
    try do f.() catch :exit, {reason, _} -> reason end
  end

  defp wait(f), do: f.() || (Process.sleep(5); wait(f))
end
