# SPDX-License-Identifier: Apache-2.0
defmodule Project.Stack do
  use GenServer

  defmodule Empty do
    defexception message: "the stack is empty"
  end

  def start_link(items), do: GenServer.start_link(__MODULE__, items)
  def push(stack, item), do: GenServer.cast(stack, {:push, item})

  def pop!(stack) do
    case GenServer.call(stack, :pop) do
      {:ok, item} -> item
      :empty -> raise Empty
    end
  end

  @impl true
  def init(items), do: {:ok, items}

  @impl true
  def handle_call(:pop, _from, [item | items]), do: {:reply, {:ok, item}, items}
  def handle_call(:pop, _from, []), do: {:reply, :empty, []}

  @impl true
  def handle_cast({:push, item}, items), do: {:noreply, [item | items]}
end
