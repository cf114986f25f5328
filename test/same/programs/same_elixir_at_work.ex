# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirAtWork do
  @moduledoc "Programs of the kind that people write: stages with demand, tasks with timeouts, stores of events, parsers, supervision."
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  defmodule Stage do
    use GenServer
    def init({kind, next}), do: {:ok, %{kind: kind, next: next, buffer: :queue.new(), demand: 0}}
    def handle_cast({:ask, n, from}, %{kind: {:producer, from_n, to_n}} = s) do
      last = min(from_n + n - 1, to_n)
      events = if from_n > to_n, do: :done, else: Enum.to_list(from_n..last)
      GenServer.cast(from, {:events, events})
      {:noreply, %{s | kind: {:producer, last + 1, to_n}}}
    end
    def handle_cast({:ask, n, from}, %{kind: {:map, up, _}} = s) do
      GenServer.cast(up, {:ask, n, self()})
      {:noreply, %{s | next: from}}
    end
    def handle_cast({:events, :done}, s), do: (GenServer.cast(s.next, {:events, :done}); {:noreply, s})
    def handle_cast({:events, es}, %{kind: {:map, _, f}} = s), do: (GenServer.cast(s.next, {:events, Enum.map(es, f)}); {:noreply, s})
  end
  def pipeline do
    {:ok, p} = GenServer.start_link(Stage, {{:producer, 1, 500}, nil})
    {:ok, a} = GenServer.start_link(Stage, {{:map, p, &(&1 * 2)}, nil})
    {:ok, b} = GenServer.start_link(Stage, {{:map, a, &Integer.to_string/1}, nil})
    r = consume(b, 0, 0)
    for x <- [p, a, b], do: GenServer.stop(x)
    r
  end
  defp consume(up, n, sum) do
    GenServer.cast(up, {:ask, 50, self()})
    receive do
      {:"$gen_cast", {:events, :done}} -> {n, sum}
      {:"$gen_cast", {:events, es}} -> consume(up, n + length(es), sum + Enum.reduce(es, 0, &(byte_size(&1) + &2)))
    end
  end
  def tasks do
    Process.flag(:trap_exit, true)
    a = Task.async_stream(1..100, fn n -> if rem(n, 10) == 0, do: Process.sleep(500), else: n * n end, timeout: 100, on_timeout: :kill_task, max_concurrency: 25) |> Enum.to_list()
    b = Task.async_stream(1..20, fn n -> if n == 7, do: exit(:seven), else: n end, ordered: false) |> Enum.map(& &1) |> Enum.sort()
    c = Task.async_stream(1..200, fn n -> n end, max_concurrency: 8) |> Stream.map(fn {:ok, x} -> x end) |> Enum.sum()
    t = Task.async(fn -> Process.sleep(1000) end)
    d = {Task.yield(t, 10), Task.shutdown(t, :brutal_kill)}
    e = try do Task.await(Task.async(fn -> Process.sleep(300) end), 10) catch k, {w, _} -> {k, w} end
    {:ok, sup} = Task.Supervisor.start_link()
    f = Task.Supervisor.async_stream_nolink(sup, 1..10, fn n -> if n == 3, do: raise("three"), else: n end) |> Enum.map(fn {:ok, x} -> {:ok, x}; {:exit, {%{message: m}, _}} -> {:exit, m} end)
    g = Task.await_many(for n <- 1..50, do: Task.async(fn -> n end)) |> Enum.sum()
    {a, b, c, d, e, f, g}
  end
  defmodule Ev do
    defstruct [:id, :type, :at, data: %{}]
  end
  def event_store do
    events = for n <- 1..600, do: %Ev{id: n, type: Enum.at([:deposit, :withdraw, :transfer], rem(n, 3)), at: n * 1000, data: %{amount: rem(n * 37, 101), from: rem(n, 20), to: rem(n * 7, 20)}}
    state = Enum.reduce(events, %{}, fn
      %Ev{type: :deposit, data: d}, s -> Map.update(s, d.to, d.amount, &(&1 + d.amount))
      %Ev{type: :withdraw, data: d}, s -> Map.update(s, d.from, -d.amount, &(&1 - d.amount))
      %Ev{type: :transfer, data: %{from: f, to: t, amount: a}}, s -> s |> Map.update(f, -a, &(&1 - a)) |> Map.update(t, a, &(&1 + a))
    end)
    bin = :erlang.term_to_binary(events, [:compressed])
    back = :erlang.binary_to_term(bin)
    snap = events |> Enum.chunk_every(100) |> Enum.map(fn c -> Enum.reduce(c, 0, &(&1.data.amount + &2)) end)
    {Enum.sort(state), back == events, length(snap), Enum.sum(snap), get_in(hd(events), [Access.key(:data), :amount]), update_in(hd(events).data.amount, &(&1 + 1)).data}
  end
  def parsing do
    expr = "1 + 2 * (3 - 4) / 5 - -6 * (7 + 8 * (9 - 10))"
    t = Regex.scan(~r/\d+|[-+*\/()]/, String.duplicate(expr <> " + ", 20) <> "0") |> List.flatten()
    {v, []} = sum(t)
    csv = Enum.map_join(1..500, "\n", fn n -> "#{n},\"na\"\"me #{n}\",#{n * 1.5},é#{n}" end)
    rows = String.split(csv, "\n") |> Enum.map(&Regex.scan(~r/"((?:[^"]|"")*)"|([^,]+)/u, &1, capture: :all_but_first)) |> Enum.map(fn r -> Enum.map(r, &List.last/1) end)
    {v, length(rows), List.last(rows), String.replace(csv, ~r/(\d+),/, fn m -> String.upcase(m) <> "!" end) |> byte_size(), String.graphemes("né😀🇩🇪") |> Enum.reverse(), String.jaro_distance("martha", "marhta"), String.split("a,b;c d", [",", ";", " "]), String.normalize("é", :nfd) |> byte_size()}
  end
  defp sum(t) do {v, r} = prod(t); sum2(v, r) end
  defp sum2(v, ["+" | r]) do {w, r} = prod(r); sum2(v + w, r) end
  defp sum2(v, ["-" | r]) do {w, r} = prod(r); sum2(v - w, r) end
  defp sum2(v, r), do: {v, r}
  defp prod(t) do {v, r} = atom(t); prod2(v, r) end
  defp prod2(v, ["*" | r]) do {w, r} = atom(r); prod2(v * w, r) end
  defp prod2(v, ["/" | r]) do {w, r} = atom(r); prod2(v / w, r) end
  defp prod2(v, r), do: {v, r}
  defp atom(["(" | r]) do {v, [")" | r]} = sum(r); {v, r} end
  defp atom(["-" | r]) do {v, r} = atom(r); {-v, r} end
  defp atom([n | r]), do: {String.to_integer(n), r}

  def supervisors do
    {:ok, s} = Supervisor.start_link([{Agent, fn -> 1 end}, %{id: :t, start: {Task, :start_link, [fn -> Process.sleep(10); exit(:boom) end]}, restart: :temporary}, {Task.Supervisor, name: SameElixirAtWork.TS}, {DynamicSupervisor, name: SameElixirAtWork.DS, strategy: :one_for_one, max_restarts: 100}, {PartitionSupervisor, child_spec: Agent.child_spec(fn -> 0 end), name: SameElixirAtWork.PS, partitions: 3}], strategy: :one_for_one)
    Process.sleep(50)
    a = Supervisor.count_children(s)
    for n <- 1..20, do: Agent.update({:via, PartitionSupervisor, {SameElixirAtWork.PS, n}}, &(&1 + n))
    b = for {_, p, _, _} <- PartitionSupervisor.which_children(SameElixirAtWork.PS), do: Agent.get(p, & &1)
    kids = for n <- 1..10, do: DynamicSupervisor.start_child(SameElixirAtWork.DS, %{id: n, start: {Agent, :start_link, [fn -> n end]}, restart: if(rem(n, 2) == 0, do: :permanent, else: :temporary)}) |> elem(1)
    for k <- kids, do: Process.exit(k, :kill)
    Process.sleep(50)
    c = DynamicSupervisor.count_children(SameElixirAtWork.DS)
    d = {Supervisor.terminate_child(s, Agent), Supervisor.restart_child(s, Agent) |> elem(0), Supervisor.delete_child(s, :nope)}
    Supervisor.stop(s)
    {a, Enum.sum(b), c, d}
  end
  defmodule Count do
    defstruct n: 0
    defimpl Enumerable do
      def count(%{n: n}), do: {:ok, n}
      def member?(%{n: n}, x), do: {:ok, x in 1..n}
      def slice(_), do: {:error, __MODULE__}
      def reduce(_, {:halt, a}, _), do: {:halted, a}
      def reduce(c, {:suspend, a}, f), do: {:suspended, a, &reduce(c, &1, f)}
      def reduce(%{n: 0}, {:cont, a}, _), do: {:done, a}
      def reduce(%{n: n}, {:cont, a}, f), do: reduce(%{__struct__: SameElixirAtWork.Count, n: n - 1}, f.(n, a), f)
    end
    defimpl Collectable do
      def into(c), do: {c, fn c, {:cont, x} -> %{c | n: c.n + x}; c, :done -> c; _, :halt -> :ok end}
    end
    defimpl Inspect do
      import Inspect.Algebra
      def inspect(c, o), do: concat(["#Count<", to_doc(c.n, o), ">"])
    end
    defimpl String.Chars do def to_string(c), do: "count #{c.n}" end
  end
  def protocols do
    c = %Count{n: 10}
    {Enum.to_list(c), Enum.count(c), 3 in c, Enum.zip(c, [:a, :b]), Enum.into([1, 2, 3], %Count{}), inspect([c], pretty: true), "#{c}", Enum.slice(c, 2, 3), Stream.zip(c, Stream.cycle([1, 2])) |> Enum.take(3), Enum.split_while(c, &(&1 > 5)), Enum.at(c, -1)}
  end
  def transform do
    a = Stream.transform(1..20, fn -> 0 end, fn x, acc -> if acc < 60, do: {[x, acc], acc + x}, else: {:halt, acc} end, fn acc -> send(self(), {:acc, acc}) end) |> Enum.to_list()
    b = receive do {:acc, x} -> x after 10 -> nil end
    c = Stream.chunk_while(1..20, [], fn x, acc -> if rem(x, 6) == 0, do: {:cont, Enum.reverse([x | acc]), []}, else: {:cont, [x | acc]} end, fn [] -> {:cont, []}; acc -> {:cont, Enum.reverse(acc), []} end) |> Enum.to_list()
    d = Stream.interval(2) |> Stream.take(5) |> Enum.to_list()
    e = Stream.concat([1..3, Stream.repeatedly(fn -> 7 end) |> Stream.take(2)]) |> Stream.dedup() |> Stream.with_index(1) |> Stream.flat_map(fn {x, i} -> List.duplicate(x, i) end) |> Enum.join("-")
    f = Enum.reduce(Stream.zip_with([[1, 2, 3], [4, 5, 6]], fn [a, b] -> a * b end), &+/2)
    {a, b, c, d, e, f, Enum.flat_map_reduce(1..10, 0, fn x, s -> if s > 10, do: {:halt, s}, else: {[x], s + x} end), Stream.unfold({0, 1}, fn {a, b} -> {a, {b, a + b}} end) |> Enum.at(150)}
  end
  def maps do
    m = for n <- 1..500, into: %{}, do: {"key#{n}", %{n: n, l: [n]}}
    m2 = Enum.reduce(1..500//3, m, fn n, m -> update_in(m["key#{n}"].n, &(&1 * 2)) end)
    m3 = Map.filter(m2, fn {_, %{n: n}} -> rem(n, 2) == 0 end)
    {map_size(m3), Enum.sum(for {_, v} <- m3, do: v.n), Map.merge(m, m2, fn _, a, b -> %{a | n: a.n + b.n} end)["key4"], Map.split(%{a: 1, b: 2, c: 3}, [:a, :c]), Map.pop(%{a: 1}, :a), get_in(m2, ["key10", Access.key(:l), Access.at(0)]), Enum.min_max_by(Map.values(m), & &1.n), MapSet.difference(MapSet.new(1..100), MapSet.new(50..200)) |> MapSet.size(), Keyword.merge([a: 1, b: 2], [b: 3]), :erlang.phash2(m2), Enum.frequencies_by(1..100, &rem(&1, 3))}
  end
end
