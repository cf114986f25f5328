# SPDX-License-Identifier: Apache-2.0
# What Elixir's own modules do with an engine. In a file, so that the engine can run the funs.
defmodule Workers.Tools do
  import ExUnit.Assertions

  def node(node) do
    assert Node.ping(node) == :pong
    {:ok, engine, other} = Tandem.start(name: :monitored)
    assert Node.monitor(other, true)
    idle = Node.spawn(other, fn -> Process.sleep(:infinity) end)
    assert eventually(fn -> :erpc.call(other, Process, :info, [idle, :status]) == {:status, :waiting} end)
    assert {:reductions, n} = :erpc.call(node, fn -> Process.info(self(), :reductions) end)
    assert n >= 0
    assert Keyword.keyword?(:erpc.call(other, Process, :info, [idle]))
    :ok = Tandem.stop(engine)
    assert_receive {:nodedown, ^other}, 5000
    assert Node.ping(other) == :pang
  end

  def tasks(node) do
    {:ok, supervisor} = there(node, fn -> Task.Supervisor.start_link(name: Workers.Tasks) end)
    name = {Workers.Tasks, node}
    assert Task.await(Task.Supervisor.async_nolink(name, fn -> {node(), Enum.sum(1..10)} end)) == {node, 55}
    assert Task.await(Task.Supervisor.async(name, Enum, :map, [[1, 2], &(&1 * 2)])) == [2, 4]

    failing = Task.Supervisor.async_nolink(name, fn -> raise "no" end)
    assert {:exit, {%RuntimeError{message: "no"}, [_ | _]}} = Task.yield(failing, 5000)
    slow = Task.Supervisor.async_nolink(name, fn -> Process.sleep(:infinity) end)
    assert Task.yield(slow, 50) == nil
    assert Task.shutdown(slow, :brutal_kill) == nil
    assert Enum.to_list(Task.Supervisor.async_stream(name, 1..4, fn n -> {n, node()} end)) == for(n <- 1..4, do: {:ok, {n, node}})
    assert eventually(fn -> Task.Supervisor.children(name) == [] end)
    Process.exit(supervisor, :kill)
  end

  def captures(node) do
    require Logger
    {:ok, _} = :erpc.call(node, Application, :ensure_all_started, [:ex_unit])
    here = Process.whereis(:standard_error)
    Logger.configure(level: :error)

    assert :erpc.call(node, fn -> ExUnit.CaptureIO.capture_io(:stderr, fn -> IO.puts(:stderr, "told") end) end) == "told\n"
    assert :erpc.call(node, fn -> ExUnit.CaptureLog.capture_log(fn -> Logger.error("logged") end) end) =~ "[error] logged"
    assert :erpc.call(node, fn -> [Process.whereis(:standard_error), Logger.flush()] end) == [here, :ok]
  after
    Logger.configure(level: :none)
    :ok = :erpc.call(node, Application, :stop, [:ex_unit])
  end

  def shell(node) do
    said =
      :erpc.call(node, fn ->
        {:ok, _} = Application.ensure_all_started(:iex)
        lines = "{node(), Enum.sum(1..10)}\nv(1)\nruntime_info(:limits)\nh Enum.sum\n"
        ExUnit.CaptureIO.capture_io(lines, fn -> IEx.Server.run(dot_iex_path: "") end)
      end)

    assert [_, _, _] = String.split(said, inspect({node, 55}))
    assert said =~ "Ports:              0 / 1024 (0% used)"
    assert said =~ "def sum(enumerable)"
    :ok = :erpc.call(node, Application, :stop, [:iex])
  end

  def servers(node) do
    {:ok, here} = GenServer.start(Workers.Counter, 1, name: Workers.Counter)
    {:ok, there} = there(node, fn -> GenServer.start(Workers.Counter, 10, name: Workers.Counter) end)
    assert {replies, []} = GenServer.multi_call([node(), node], Workers.Counter, :next)
    assert Enum.sort(replies) == Enum.sort([{node(), 1}, {node, 10}])
    assert GenServer.call({Workers.Counter, node}, :next) == 11
    assert :sys.get_state({Workers.Counter, node}) == 12
    Enum.each([here, there], &GenServer.stop/1)
  end

  def agents(node) do
    {:ok, agent} = there(node, fn -> Agent.start_link(fn -> %{} end, name: Workers.Agent) end)
    :ok = Agent.update({Workers.Agent, node}, &Map.put(&1, :key, node()))
    assert Agent.get(agent, & &1) == %{key: node}
    assert Agent.get_and_update({Workers.Agent, node}, Map, :pop, [:key]) == node

    {:ok, _} = there(node, fn -> Registry.start_link(keys: :unique, name: Workers.Registry) end)
    via = {:via, Registry, {Workers.Registry, :five}}
    {:ok, server} = there(node, fn -> GenServer.start_link(Workers.Counter, 5, name: via) end)
    assert :erpc.call(node, Registry, :lookup, [Workers.Registry, :five]) == [{server, nil}]
    assert :erpc.call(node, GenServer, :call, [via, :next]) == 5
    assert GenServer.call(server, :next) == 6
    Process.exit(server, :kill)
    assert eventually(fn -> :erpc.call(node, Registry, :lookup, [Workers.Registry, :five]) == [] end)
    Agent.stop(agent)
  end

  # Starts something that is linked to its starter, in a process there that stays.
  defp there(node, start) do
    me = self()

    Node.spawn(node, fn ->
      Process.flag(:trap_exit, true)
      send(me, {:started, start.()})
      Process.sleep(:infinity)
    end)

    assert_receive {:started, result}, 10_000
    result
  end

  defp eventually(check), do: Enum.any?(1..200, fn _ -> check.() or (Process.sleep(10) && false) end)
end
