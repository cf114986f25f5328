# SPDX-License-Identifier: Apache-2.0
defmodule Project.Parser do
  @moduledoc """
  Arithmetic.

      iex> Project.Parser.eval("1 + 2 * (3 - 4)")
      {:ok, -1}

      iex> Project.Parser.eval("1 + ")
      {:error, :end_of_text}
  """

  @operators %{?+ => {1, :+}, ?- => {1, :-}, ?* => {2, :*}, ?/ => {2, :div}}

  for {char, {level, name}} <- @operators do
    defp operator(unquote(char)), do: {unquote(level), unquote(name)}
  end

  defp operator(_), do: nil

  def eval(text) do
    with {:ok, tokens} <- tokens(text, []),
         {:ok, value, []} <- expression(tokens, 1) do
      {:ok, value}
    else
      {:ok, _, [token | _]} -> {:error, {:unexpected, token}}
      {:error, _} = error -> error
    end
  end

  defp tokens(<<>>, seen), do: {:ok, Enum.reverse(seen)}
  defp tokens(<<c, rest::binary>>, seen) when c in ' \t', do: tokens(rest, seen)
  defp tokens(<<c, _::binary>> = text, seen) when c in ?0..?9 do
    {n, rest} = Integer.parse(text)
    tokens(rest, [n | seen])
  end
  defp tokens(<<c, rest::binary>>, seen) when c in [?(, ?)], do: tokens(rest, [<<c>> | seen])
  defp tokens(<<c::utf8, rest::binary>>, seen) do
    case operator(c) do
      nil -> {:error, {:char, <<c::utf8>>}}
      op -> tokens(rest, [op | seen])
    end
  end

  defp expression(tokens, level) do
    with {:ok, left, rest} <- factor(tokens), do: more(left, rest, level)
  end

  defp more(left, [{l, op} | rest], level) when l >= level do
    with {:ok, right, rest} <- expression(rest, l + 1), do: more(apply(Kernel, op, [left, right]), rest, level)
  end

  defp more(left, rest, _), do: {:ok, left, rest}

  defp factor([n | rest]) when is_integer(n), do: {:ok, n, rest}
  defp factor(["(" | rest]) do
    case expression(rest, 1) do
      {:ok, value, [")" | rest]} -> {:ok, value, rest}
      {:ok, _, _} -> {:error, :not_closed}
      error -> error
    end
  end
  defp factor([]), do: {:error, :end_of_text}
  defp factor([token | _]), do: {:error, {:unexpected, token}}
end
