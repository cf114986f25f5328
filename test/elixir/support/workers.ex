# SPDX-License-Identifier: Apache-2.0
# Modules whose code the engine fetches while tandem_test.exs runs.
defmodule Workers.Latest do
  use Tandem

  def run(start) do
    me = self()
    start(start, me, fn -> send(me, {:ran_on, node()}) end)
    receive(do: ({:ran_on, there} -> there), after: (5000 -> :nowhere))
  end

  defp start(:fun, _, fun), do: spawn(fun)
  defp start(:link_fun, _, fun), do: spawn_link(fun)
  defp start(:monitor_fun, _, fun), do: spawn_monitor(fun)
  defp start(:mfa, me, _), do: spawn(__MODULE__, :tell, [me])
  defp start(:link_mfa, me, _), do: spawn_link(__MODULE__, :tell, [me])
  defp start(:monitor_mfa, me, _), do: spawn_monitor(__MODULE__, :tell, [me])
  defp start(:captured, _, fun), do: Enum.each([fun], &spawn/1)

  def tell(me), do: send(me, {:ran_on, node()})
end

defmodule Workers.Given do
  use Tandem, node: Application.fetch_env!(:tandem_test, :node)

  def run do
    me = self()
    spawn(fn -> send(me, {:ran_on, node()}) end)
    receive(do: ({:ran_on, there} -> there), after: (5000 -> :nowhere))
  end
end

defmodule Workers.Counter do
  use GenServer

  def start_for(client, n) do
    {:ok, server} = GenServer.start(__MODULE__, n)
    send(client, {:server, server})
  end

  @impl true
  def init(n), do: {:ok, n}

  @impl true
  def handle_call(:next, _from, n), do: {:reply, n, n + 1}
  def handle_call(:crash, _from, _), do: raise("crash")
end

defmodule Workers.Sums do
  def send_to(client), do: send(client, {:sums, Task.await_many(for(n <- 1..5, do: Task.async(fn -> Enum.sum(1..n) end)))})
end

defmodule Workers.Compared do
  def sum, do: fn -> Enum.sum(1..100) end
  def raises, do: fn -> raise "oops" end
end
