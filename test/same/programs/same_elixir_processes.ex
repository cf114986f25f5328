# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirProcesses do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  def computes_and_dies do
    pid = spawn(fn -> 1 + 2 end)
    ref = Process.monitor(pid)
    receive do
      {:DOWN, ^ref, :process, ^pid, reason} -> {reason in [:normal, :noproc], Process.alive?(pid)}
    end
  end

  def greets do
    parent = self()
    spawn(fn -> send(parent, {:hello, self()}) end)
    receive do
      {:hello, pid} -> "Got hello from #{inspect(pid)}"
    end
  end

  def to_myself do
    send(self(), {:hello, "world"})
    receive do
      {:hello, msg} -> msg
      {:world, _} -> "won't match"
    end
  end

  def gives_up do
    receive do
      {:hello, msg} -> msg
    after
      50 -> "nothing after 50 ms"
    end
  end

  def ping_server do
    pid = spawn(fn ->
      receive do
        {sender, :ping} ->
          IO.puts("Got ping")
          send(sender, :pong)
      end
    end)
    send(pid, {self(), :ping})
    receive do
      message -> IO.puts("Got #{message} back")
    end
  end

  def raise_spawned do
    {pid, ref} = spawn_monitor(fn -> raise "oops" end)
    receive do
      {:DOWN, ^ref, :process, ^pid, {e, stack}} -> {e, length(stack), Process.alive?(self())}
    end
  end

  def raise_linked do
    spawn_link(fn -> raise "oops" end)
    receive do
      :hello -> "let's wait until the process fails"
    end
  end

  def linked_later do
    pid = spawn(fn -> receive(do: (:boom -> raise "boom!")) end)
    Process.link(pid)
    send(pid, :boom)
    receive(do: (:never -> :ok))
  end

  def trapped do
    Process.flag(:trap_exit, true)
    pid = spawn_link(fn -> exit({:shutdown, 1}) end)
    receive do
      {:EXIT, ^pid, reason} -> reason
    end
  end

  def registered do
    pid = spawn(fn -> receive(do: ({from, x} -> send(from, {:got, x}))) end)
    Process.register(pid, :same_elixir_name)
    send(:same_elixir_name, {self(), 1})
    {receive(do: ({:got, x} -> x)), Process.whereis(:same_elixir_name_2)}
  end

  def dictionary, do: {Process.put(:a, 1), Process.get(:a), Process.get(:b, 0), Process.delete(:a), Process.get(:a)}
  def timers do
    t = Process.send_after(self(), :late, 10)
    {is_integer(Process.read_timer(t)), receive(do: (:late -> :came)), Process.cancel_timer(t)}
  end
  def sleeping, do: {Process.sleep(5), :timer.sleep(1)}
  def info, do: {Process.info(self(), :message_queue_len), Process.info(self(), :trap_exit), Process.info(spawn(fn -> 1 end) |> tap(fn _ -> Process.sleep(20) end))}
  def exits, do: (pid = spawn(fn -> Process.sleep(:infinity) end); ref = Process.monitor(pid); Process.exit(pid, :enough); receive(do: ({:DOWN, ^ref, _, _, r} -> r)))
  def aliases, do: (a = :erlang.alias(); send(a, :x); x = receive(do: (:x -> 1)); :erlang.unalias(a); send(a, :y); {x, receive(do: (:y -> 1), after: (20 -> 0))})
  def node_spawn, do: (me = self(); Node.spawn(node(), fn -> send(me, :there) end); receive(do: (:there -> node() == Node.self())))

  def counter do
    pid = spawn(fn -> count(0) end)
    for _ <- 1..10, do: send(pid, :up)
    send(pid, {:get, self()})
    receive(do: ({:count, n} -> n))
  end
  defp count(n) do
    receive do
      :up -> count(n + 1)
      {:get, from} -> send(from, {:count, n}) && count(n)
    end
  end

  def task_await, do: Task.async(fn -> Enum.sum(1..100) end) |> Task.await()
  def tasks, do: 1..10 |> Enum.map(&Task.async(fn -> &1 * &1 end)) |> Task.await_many()
  def task_stream, do: [1, 2, 3] |> Task.async_stream(&(&1 * 10), max_concurrency: 2) |> Enum.to_list()
  def task_yield, do: (t = Task.async(fn -> Process.sleep(:infinity) end); {Task.yield(t, 20), Task.shutdown(t, :brutal_kill)})
  def task_timeout, do: (t = Task.async(fn -> Process.sleep(1000) end); Task.await(t, 20))
  def task_raises, do: (Process.flag(:trap_exit, true); t = Task.async(fn -> raise "in task" end); r = catch_exit(fn -> Task.await(t) end); send(self(), receive(do: ({:EXIT, _, _} = e -> e))); {elem(elem(r, 0), 0), elem(r, 1)})
  def task_untrapped, do: Task.async(fn -> exit(:task_reason) end) |> Task.await()
  def task_supervised do
    {:ok, s} = Task.Supervisor.start_link()
    t = Task.Supervisor.async_nolink(s, fn -> exit(:boom) end)
    {Task.yield(t, 1000), Task.Supervisor.async(s, fn -> :fine end) |> Task.await(), childless(s)}
  end
  # A task answers before it ends.
  defp childless(s) do
    with [_ | _] <- Task.Supervisor.children(s), do: Process.sleep(1) && childless(s)
  end
  def task_start, do: (me = self(); {:ok, pid} = Task.start_link(fn -> send(me, {:from, self()}) end); receive(do: ({:from, ^pid} -> :ok)))

  def agent do
    {:ok, a} = Agent.start_link(fn -> %{} end)
    Agent.update(a, &Map.put(&1, :k, 1))
    r = {Agent.get(a, & &1), Agent.get_and_update(a, &{&1, Map.put(&1, :l, 2)}), Agent.get(a, &Map.keys/1), Agent.cast(a, fn _ -> :cast end), Agent.get(a, & &1)}
    {r, Agent.stop(a)}
  end
  def agent_raises, do: (Process.flag(:trap_exit, true); {:ok, a} = Agent.start_link(fn -> 0 end); r = elem(elem(catch_exit(fn -> Agent.get(a, fn n -> 1 / n end) end), 0), 0); receive do {:EXIT, ^a, why} -> {r, why} end)
  def agent_named, do: ({:ok, _} = Agent.start_link(fn -> 5 end, name: :same_agent); r = Agent.get(:same_agent, & &1); Agent.stop(:same_agent); r)

  defmodule Stack do
    use GenServer
    def start_link(items, opts \\ []), do: GenServer.start_link(__MODULE__, items, opts)
    def init(:stop), do: {:stop, :bad_items}
    def init(items), do: {:ok, items}
    def handle_call(:pop, _, [h | t]), do: {:reply, h, t}
    def handle_call(:all, _, s), do: {:reply, s, s}
    def handle_call(:later, from, s), do: (GenServer.reply(from, :replied); {:noreply, s})
    def handle_cast({:push, x}, s), do: {:noreply, [x | s]}
    def handle_info(:tick, s), do: {:noreply, [:tick | s]}
  end

  def server do
    {:ok, s} = Stack.start_link([1, 2])
    GenServer.cast(s, {:push, 0})
    send(s, :tick)
    r = {GenServer.call(s, :pop), GenServer.call(s, :pop), GenServer.call(s, :all), GenServer.call(s, :later), :sys.get_state(s)}
    {r, GenServer.stop(s)}
  end
  def server_named, do: ({:ok, s} = Stack.start_link([9], name: SameStack); r = {GenServer.call(SameStack, :pop), GenServer.whereis(SameStack) == s}; GenServer.stop(s); {r, GenServer.whereis(SameStack)})
  def server_crashes, do: (Process.flag(:trap_exit, true); {:ok, s} = Stack.start_link([]); r = catch_exit(fn -> GenServer.call(s, :pop) end); {elem(elem(r, 0), 0), elem(r, 1), receive(do: ({:EXIT, ^s, {why, _}} -> why))})
  def server_times_out, do: (Process.flag(:trap_exit, true); {:ok, s} = Agent.start_link(fn -> 0 end); catch_exit(fn -> Agent.get(s, fn _ -> Process.sleep(200) end, 20) end) |> elem(0))
  def server_absent, do: GenServer.call(:same_no_such_server, :hello)
  def server_fails, do: (Process.flag(:trap_exit, true); {Stack.start_link(:stop), receive(do: ({:EXIT, _, why} -> why))})

  def supervisor do
    {:ok, sup} = Supervisor.start_link([%{id: :stack, start: {Stack, :start_link, [[1], [name: :same_supervised]]}}], strategy: :one_for_one)
    first = Process.whereis(:same_supervised)
    ref = Process.monitor(first)
    Process.exit(first, :kill)
    receive(do: ({:DOWN, ^ref, _, _, _} -> :ok))
    second = await_other(:same_supervised, first)
    r = {GenServer.call(second, :pop), first == second, Supervisor.count_children(sup)}
    {r, Supervisor.stop(sup)}
  end
  defp await_other(name, old) do
    case Process.whereis(name) do
      pid when is_pid(pid) and pid != old -> pid
      _ -> Process.sleep(2) && await_other(name, old)
    end
  end

  def dynamic_supervisor do
    {:ok, sup} = DynamicSupervisor.start_link(strategy: :one_for_one)
    {:ok, a} = DynamicSupervisor.start_child(sup, {Agent, fn -> 1 end})
    {:ok, b} = DynamicSupervisor.start_child(sup, %{id: :x, start: {Stack, :start_link, [[2]]}, restart: :temporary})
    r = {Agent.get(a, & &1), GenServer.call(b, :pop), DynamicSupervisor.count_children(sup), DynamicSupervisor.terminate_child(sup, a), DynamicSupervisor.count_children(sup).active}
    {r, DynamicSupervisor.stop(sup)}
  end

  def supervisor_module do
    {:ok, sup} = Supervisor.start_link([{Task, fn -> :done end}, {Agent, fn -> 0 end}], strategy: :rest_for_one)
    r = sup |> Supervisor.which_children() |> Enum.map(&elem(&1, 0)) |> Enum.sort()
    {r, Supervisor.stop(sup)}
  end

  def parallel_map, do: 1..50 |> Enum.map(fn i -> Task.async(fn -> fib(rem(i, 12)) end) end) |> Enum.map(&Task.await/1) |> Enum.sum()
  defp fib(n) when n < 2, do: n
  defp fib(n), do: fib(n - 1) + fib(n - 2)

  defp catch_exit(f) do
    try do
      f.()
    catch
      :exit, reason -> reason
    end
  end

  def mix_knows_no_project do
    {:ok, _} = Application.ensure_all_started(:mix)
    shell = Mix.shell()
    Mix.shell(Mix.Shell.Process)
    Mix.shell().info("told")
    text = receive do {:mix_shell, :info, [text]} -> text end
    Mix.shell(shell)
    {Mix.Project.get(), Mix.Project.umbrella?(), Mix.Project.config()[:aliases], Mix.Project.project_file(), text, Mix.env() in [:dev, :test]}
  end
end
