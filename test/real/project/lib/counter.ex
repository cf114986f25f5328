# SPDX-License-Identifier: Apache-2.0
defmodule Project.Counter do
  use Agent
  def start_link(options), do: Agent.start_link(fn -> Keyword.get(options, :from, 0) end, Keyword.take(options, [:name]))
  def next(counter), do: Agent.get_and_update(counter, &{&1, &1 + 1})
end

defmodule Project.Sup do
  use Supervisor
  def start_link(arg), do: Supervisor.start_link(__MODULE__, arg)

  @impl true
  def init(from) do
    children = [
      {Registry, keys: :unique, name: Project.Registry},
      {Project.Counter, from: from, name: {:via, Registry, {Project.Registry, :counter}}},
      {Task.Supervisor, name: Project.Tasks},
      {DynamicSupervisor, name: Project.Dynamic}
    ]

    Supervisor.init(children, strategy: :rest_for_one)
  end
end
