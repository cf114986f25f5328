# SPDX-License-Identifier: Apache-2.0
defmodule Project.Tree do
  defstruct root: nil, size: 0

  defmodule Node do
    @moduledoc false
    defstruct [:value, :left, :right]
  end

  def new(values \\ []), do: Enum.into(values, %__MODULE__{})

  def put(%__MODULE__{root: root, size: size} = tree, value) do
    case insert(root, value) do
      :member -> tree
      root -> %{tree | root: root, size: size + 1}
    end
  end

  defp insert(nil, value), do: %Node{value: value}
  defp insert(%Node{value: value}, value), do: :member
  defp insert(%Node{value: v} = node, value) do
    key = if value < v, do: :left, else: :right
    case insert(Map.fetch!(node, key), value) do
      :member -> :member
      child -> Map.replace!(node, key, child)
    end
  end

  def to_list(%__MODULE__{root: root}), do: root |> walk([])
  defp walk(nil, acc), do: acc
  defp walk(%Node{value: v, left: l, right: r}, acc), do: walk(l, [v | walk(r, acc)])

  defimpl Enumerable do
    def count(tree), do: {:ok, tree.size}
    def member?(_, _), do: {:error, __MODULE__}
    def slice(_), do: {:error, __MODULE__}
    def reduce(tree, acc, fun), do: Enumerable.List.reduce(Project.Tree.to_list(tree), acc, fun)
  end

  defimpl Collectable do
    def into(tree) do
      {tree,
       fn
         tree, {:cont, value} -> Project.Tree.put(tree, value)
         tree, :done -> tree
         _, :halt -> :ok
       end}
    end
  end

  defimpl Inspect do
    import Inspect.Algebra
    def inspect(tree, opts), do: concat(["#Tree<", to_doc(Project.Tree.to_list(tree), opts), ">"])
  end
end
