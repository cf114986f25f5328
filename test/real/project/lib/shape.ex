# SPDX-License-Identifier: Apache-2.0
defprotocol Project.Shape do
  @moduledoc "Things with an area."
  @fallback_to_any true
  @doc "The area of a shape."
  @spec area(t) :: number
  def area(shape)
  def name(shape)
end

defmodule Project.Circle do
  @enforce_keys [:radius]
  defstruct [:radius, center: {0, 0}]
  @type t :: %__MODULE__{radius: number, center: {number, number}}
end

defmodule Project.Rectangle do
  @derive {Inspect, only: [:width, :height]}
  defstruct width: 1, height: 1, secret: :hidden
end

defimpl Project.Shape, for: Project.Circle do
  def area(%{radius: r}), do: 3.0 * r * r
  def name(_), do: "circle"
end

defimpl Project.Shape, for: [Project.Rectangle, List] do
  def area(%Project.Rectangle{width: w, height: h}), do: w * h
  def area(list) when is_list(list), do: list |> Enum.map(&Project.Shape.area/1) |> Enum.sum()
  def name(_), do: to_string(@for |> Module.split() |> List.last())
end

defimpl Project.Shape, for: Any do
  def area(_), do: 0
  def name(other), do: inspect(other)
end
