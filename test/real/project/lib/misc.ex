# SPDX-License-Identifier: Apache-2.0
defmodule Project.Guards do
  defguard is_even(n) when is_integer(n) and rem(n, 2) == 0
  defguardp is_small(n) when n < 10
  def classify(n) when is_even(n) and is_small(n), do: :small_even
  def classify(n) when is_even(n), do: :even
  def classify(n) when is_integer(n), do: :odd
  def classify(_), do: :none
end

defmodule Project.Sigils do
  def sigil_w0(text, []), do: String.split(text)
  def sigil_n(text, _), do: text |> String.split() |> Enum.map(&String.to_integer/1)
end

defmodule Project.Text do
  import Project.Sigils
  @numbers ~n(1 2 3 5 8)
  @external_resource __ENV__.file
  def numbers, do: @numbers
  def words(text), do: for(<<c::utf8 <- text>>, c in ?a..?z or c == ?\s, into: "", do: <<c::utf8>>) |> String.split()
  def frequencies(text), do: text |> words() |> Enum.frequencies() |> Enum.sort_by(fn {w, n} -> {-n, w} end)
  def slug(text), do: Regex.replace(~r/[^a-z0-9]+/u, String.downcase(text), "-") |> String.trim("-")
  defdelegate up(text), to: String, as: :upcase
end

defmodule Project do
  @moduledoc "The project's front."
  alias Project.{Circle, Rectangle, Shape, Tree}
  require Integer

  def shapes, do: [%Circle{radius: 2}, %Rectangle{width: 3, height: 4}, [%Rectangle{}, %Rectangle{width: 2}], :other]
  def areas, do: Enum.map(shapes(), &{Shape.name(&1), Shape.area(&1)})
  def odd_tree(n), do: for(i <- n..1//-1, Integer.is_odd(i), into: Tree.new(), do: i)
  def safe(fun) do
    {:ok, fun.()}
  rescue
    e in [ArithmeticError, ArgumentError] -> {:error, Exception.message(e)}
  catch
    :exit, reason -> {:exit, reason}
    value -> {:thrown, value}
  after
    send(self(), :cleaned)
  end
end
