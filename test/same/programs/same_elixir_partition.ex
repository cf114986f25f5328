# SPDX-License-Identifier: Apache-2.0
# What Elixir builds on tables: partitioned supervisors, registries with partitions, supervised tasks.
defmodule SameElixirPartition do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  def partitions do
    {:ok, pid} = PartitionSupervisor.start_link(child_spec: {Agent, fn -> 0 end}, name: __MODULE__.Agents, partitions: 3)
    for n <- 1..12, do: Agent.update({:via, PartitionSupervisor, {__MODULE__.Agents, n}}, &(&1 + n))
    counts = for {_, child, _, _} <- PartitionSupervisor.which_children(pid), do: Agent.get(child, & &1)
    result = {Enum.sum(counts), length(counts), PartitionSupervisor.partitions(__MODULE__.Agents), PartitionSupervisor.count_children(pid)}
    {result, PartitionSupervisor.stop(pid)}
  end

  def partitions_by_key do
    {:ok, _} = PartitionSupervisor.start_link(child_spec: DynamicSupervisor, name: __MODULE__.Dynamic)

    pids =
      for key <- [:a, "b", {:c, 1}, 4] do
        {:ok, pid} = DynamicSupervisor.start_child({:via, PartitionSupervisor, {__MODULE__.Dynamic, key}}, {Agent, fn -> key end})
        pid
      end

    result = Enum.map(pids, &Agent.get(&1, fn state -> state end))
    {result, PartitionSupervisor.stop(__MODULE__.Dynamic), Enum.map(pids, &Process.alive?/1)}
  end

  def registry_with_partitions do
    {:ok, _} = Registry.start_link(keys: :duplicate, name: __MODULE__.Listeners, partitions: 4)
    parent = self()

    pids =
      for n <- 1..8 do
        spawn(fn ->
          {:ok, _} = Registry.register(__MODULE__.Listeners, rem(n, 2), n)
          send(parent, {:ready, n})
          receive do: (:stop -> :ok)
        end)
      end

    for n <- 1..8, do: receive(do: ({:ready, ^n} -> :ok))
    found = for key <- [0, 1, 2], do: Registry.lookup(__MODULE__.Listeners, key) |> Enum.map(&elem(&1, 1)) |> Enum.sort()
    Registry.dispatch(__MODULE__.Listeners, 1, fn entries -> for {pid, _} <- entries, do: send(pid, :stop) end, parallel: true)
    wait(fn -> Registry.count(__MODULE__.Listeners) == 4 end)
    left = Registry.select(__MODULE__.Listeners, [{{:"$1", :_, :"$2"}, [], [{{:"$1", :"$2"}}]}]) |> Enum.sort()
    Enum.each(pids, &Process.exit(&1, :kill))
    {found, left, Registry.keys(__MODULE__.Listeners, self())}
  end

  def supervised_tasks do
    {:ok, supervisor} = Task.Supervisor.start_link()
    stream = Task.Supervisor.async_stream(supervisor, 1..10, &(&1 * &1), max_concurrency: 3) |> Enum.to_list()
    bad = Task.Supervisor.async_nolink(supervisor, fn -> exit(:bad) end)
    slow = Task.Supervisor.async_nolink(supervisor, fn -> Process.sleep(:infinity) end)
    {stream, Task.yield(bad, 1000), Task.shutdown(slow, 10), Task.Supervisor.children(supervisor), Supervisor.stop(supervisor)}
  end

  def cached do
    :ets.new(__MODULE__, [:named_table, :public, read_concurrency: true])
    fetch = fn key -> case :ets.lookup(__MODULE__, key) do [{_, value}] -> {:hit, value}; [] -> :ets.insert(__MODULE__, {key, key * 2}) && {:miss, key * 2} end end
    result = Task.async_stream([1, 2, 1, 2], fetch, max_concurrency: 1) |> Enum.map(&elem(&1, 1))
    {result, :ets.select_count(__MODULE__, [{{:"$1", :"$2"}, [{:>, :"$2", 2}], [true]}])}
  end

  defp wait(condition), do: wait(condition, 200)
  defp wait(_, 0), do: :never
  defp wait(condition, n), do: if(condition.(), do: :ok, else: (Process.sleep(10); wait(condition, n - 1)))
end
