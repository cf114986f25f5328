# SPDX-License-Identifier: Apache-2.0
# The examples of a guide to processes. Every public function of arity 0 is one: the demo runs it in a process on the BEAM, and in
# one on the engine. What it prints, returns and raises is compared.
defmodule Guide do
  def examples do
    [
      computes: "a process that computes and dies",
      knows_itself: "self",
      to_itself: "a message to oneself, matched by the first of two clauses",
      waits_a_second: "receive ... after 1_000",
      waits_not_at_all: "receive ... after 0",
      greets_parent: "a child that greets its parent",
      flushes: "flush, IEx's own helper",
      raises: "a raise in a spawned process: everybody else lives",
      raises_linked: "the same with spawn_link: the parent dies too",
      links_later: "Process.link/1",
      ping_server: "a server that answers {sender, :ping}",
      gives_up: "a receive that gives up",
      boom_unlinked: "a process that raises on :boom, not linked",
      boom_linked: "a process that raises on :boom, linked",
      supervised: "a supervisor restarts its crashed child",
      task: "Task.async and Task.await",
      agent: "an Agent",
      server: "a GenServer with call and cast"
    ]
  end

  def computes do
    pid = spawn(fn -> 1 + 2 end)
    ref = Process.monitor(pid)
    receive(do: ({:DOWN, ^ref, :process, ^pid, _} -> IO.puts("alive? #{Process.alive?(pid)}")))
  end

  def knows_itself, do: IO.inspect({self() == self(), Process.alive?(self()), is_pid(self())})

  def to_itself do
    send(self(), {:hello, "world"})

    receive do
      {:hello, msg} -> IO.puts(msg)
      {:world, _} -> IO.puts("won't match")
    end
  end

  def waits_a_second do
    start = System.monotonic_time(:millisecond)

    receive do
      {:hello, msg} -> msg
    after
      1_000 -> IO.puts("nothing after 1s")
    end

    IO.puts("waited at least a second: #{System.monotonic_time(:millisecond) - start >= 1000}")
  end

  def waits_not_at_all do
    send(self(), :other)

    receive do
      :hello -> :hello
    after
      0 -> IO.puts("no such message yet")
    end
  end

  def greets_parent do
    parent = self()
    spawn(fn -> send(parent, {:hello, self()}) end)
    receive(do: ({:hello, pid} -> IO.puts("Got hello from #{inspect(pid)}")))
  end

  def flushes do
    send(self(), :hello)
    send(self(), {:more, [1, 2, 3]})
    IEx.Helpers.flush()
  end

  def raises do
    {pid, ref} = spawn_monitor(fn -> raise "oops" end)

    receive do
      {:DOWN, ^ref, :process, ^pid, {error, _}} -> IO.puts("it died of #{inspect(error)}; I live: #{Process.alive?(self())}")
    end
  end

  def raises_linked do
    spawn_link(fn -> raise "oops" end)
    receive(do: (:hello -> "let's wait until the process fails"))
  end

  def links_later do
    pid = spawn(fn -> receive(do: (:go -> exit(:because))) end)
    Process.flag(:trap_exit, true)
    Process.link(pid)
    send(pid, :go)
    receive(do: ({:EXIT, ^pid, reason} -> IO.inspect(reason, label: "the linked process died")))
  end

  def ping_server do
    pid = spawn_link(fn -> serve() end)
    for _ <- 1..3, do: ping(pid)
    :ok
  end

  defp serve do
    receive do
      {sender, :ping} ->
        IO.puts("Got ping")
        send(sender, :pong)
    end

    serve()
  end

  defp ping(pid) do
    send(pid, {self(), :ping})
    receive(do: (message -> IO.puts("Got #{message} back")))
  end

  def gives_up do
    receive do
      message -> IO.inspect(message)
    after
      100 -> IO.puts("Timeout, giving up")
    end
  end

  def boom_unlinked do
    pid = spawn(fn -> receive(do: (:boom -> raise "boom!")) end)
    ref = Process.monitor(pid)
    send(pid, :boom)
    receive(do: ({:DOWN, ^ref, _, _, _} -> IO.puts("it is dead, and I am not")))
  end

  def boom_linked do
    pid = spawn_link(fn -> receive(do: (:boom -> raise "boom!")) end)
    send(pid, :boom)
    receive(do: (:never -> IO.puts("not reached")))
  end

  def supervised do
    {:ok, sup} = Supervisor.start_link([%{id: :counter, start: {Guide.Counter, :start_link, [10]}}], strategy: :one_for_one)
    first = child(sup)
    IO.puts("count: #{GenServer.call(first, :increment)}")
    ref = Process.monitor(first)
    Process.exit(first, :kill)
    receive(do: ({:DOWN, ^ref, _, _, reason} -> IO.puts("child killed: #{reason}")))
    second = next_child(sup, first)
    IO.puts("restarted: #{second != first}, count: #{GenServer.call(second, :increment)}")
    Supervisor.stop(sup)
  end

  defp child(sup), do: sup |> Supervisor.which_children() |> hd() |> elem(1)

  defp next_child(sup, old) do
    case child(sup) do
      pid when is_pid(pid) and pid != old -> pid
      _ -> next_child(sup, old)
    end
  end

  def task do
    tasks = for n <- 1..5, do: Task.async(fn -> n * n end)
    IO.inspect(Enum.map(tasks, &Task.await/1))
  end

  def agent do
    {:ok, agent} = Agent.start_link(fn -> %{} end)
    Agent.update(agent, &Map.put(&1, :hello, :world))
    IO.inspect(Agent.get(agent, & &1))
    Agent.stop(agent)
  end

  def server do
    {:ok, counter} = Guide.Counter.start_link(0)
    GenServer.cast(counter, {:add, 41})
    IO.puts("count: #{GenServer.call(counter, :increment)}")
    GenServer.stop(counter)
  end

  # Called in a process of the host, with the node on which the server is to live.
  def server_from_host(node) do
    me = self()

    Node.spawn(node, fn ->
      {:ok, counter} = Guide.Counter.start(0)
      send(me, {:counter, counter})
    end)

    counter = receive(do: ({:counter, pid} -> pid))
    GenServer.cast(counter, {:add, 41})
    IO.puts("count: #{GenServer.call(counter, :increment)}, on that node: #{node(counter) == node}")
    GenServer.stop(counter)
  end
end

defmodule Guide.Counter do
  use GenServer

  def start_link(n), do: GenServer.start_link(__MODULE__, n)
  def start(n), do: GenServer.start(__MODULE__, n)

  @impl true
  def init(n), do: {:ok, n}

  @impl true
  def handle_call(:increment, _from, n), do: {:reply, n + 1, n + 1}

  @impl true
  def handle_cast({:add, m}, n), do: {:noreply, n + m}
end
