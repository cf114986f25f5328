# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirBasics do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  defp id(x), do: x

  def arithmetic, do: {id(1) + 2, div(id(7), 2), rem(id(-7), 2), id(7) / 2, 2 ** 10, Integer.pow(3, 40), Integer.mod(-7, 3), Integer.floor_div(-7, 2)}
  def integers, do: {Integer.digits(12345), Integer.undigits([1, 2, 3]), Integer.to_string(255, 16), Integer.parse("12abc"), Integer.gcd(12, 18)}
  def floats, do: {Float.round(3.14159, 2), Float.ceil(1.2), Float.floor(-1.2), Float.parse("1.5x"), Float.to_string(0.1), Float.ratio(0.75)}
  def comparing, do: {1 == 1.0, 1 === 1.0, 1 < :a, [1] > {1}, max(1, 2), nil == false, "a" < "b"}
  def booleans, do: {true and false, nil || :default, id(1) && 2, !nil, not true}
  def atoms, do: {:a, :"with space", nil, true, Elixir.Some.Module, is_atom(nil), Atom.to_string(:abc), String.to_atom("x y")}

  def matching do
    {a, [b | c], %{k: d}} = id({1, [2, 3], %{k: 4, l: 5}})
    <<e, f::binary>> = id("hello")
    {a, b, c, d, e, f}
  end

  def pinned do
    x = id(1)
    Enum.map([1, 2], fn v -> case v do
      ^x -> :same
      _ -> :other
    end end)
  end

  def conditions do
    for x <- [1, 5, 10] do
      cond do
        x < 3 -> :low
        x < 7 -> :middle
        true -> :high
      end
    end
  end

  def with_chain do
    ok = fn m -> with {:ok, a} <- Map.fetch(m, :a), {:ok, b} <- Map.fetch(m, :b), do: a + b, else: (:error -> :missing) end
    {ok.(%{a: 1, b: 2}), ok.(%{a: 1})}
  end

  def comprehensions do
    {for(x <- 1..4, rem(x, 2) == 0, do: x * x), for(<<c <- "abc">>, do: c), for({k, v} <- %{a: 1, b: 2}, into: %{}, do: {v, k}),
     for(x <- [1, 2, 1], uniq: true, do: x), for(x <- 1..3, reduce: 0, do: (acc -> acc + x)), for(x <- "ab" |> String.graphemes(), into: "", do: x <> x)}
  end

  def pipes, do: 1..10 |> Enum.map(&(&1 * 2)) |> Enum.filter(&(rem(&1, 3) == 0)) |> Enum.sum()

  def captures do
    add = &(&1 + &2)
    up = &String.upcase/1
    {add.(1, 2), up.("a"), Enum.map([1, 2], &{&1, &1}), is_function(add, 2)}
  end

  def defaults, do: {greet("x"), greet("x", "Bye")}
  def greet(name, word \\ "Hello"), do: "#{word} #{name}"

  def structs do
    r = %URI{host: "h", path: "/p"}
    {r.host, %{r | port: 1}.port, is_struct(r), r.__struct__}
  end

  def interpolation, do: "a #{1 + 1} #{:atom} #{[104, 105]} #{1.5} #{"nested #{inspect({1, "x"})}"}"
  def heredoc, do: """
    indented
      more #{1}
    """
  def sigils, do: {~w(a b c), ~w(a b)a, ~s(a "quoted"), ~c(chars), ~D[2024-02-29], ~T[10:20:30]}
  def ranges, do: {Enum.to_list(1..5), Enum.to_list(10..1//-3), 5 in 1..10, Range.size(1..10), Enum.sum(1..100)}

  def recursion, do: sum_to(1000)
  defp sum_to(0), do: 0
  defp sum_to(n), do: n + sum_to(n - 1)

  def mutual, do: {even?(100), even?(7)}
  defp even?(0), do: true
  defp even?(n), do: odd?(n - 1)
  defp odd?(0), do: false
  defp odd?(n), do: even?(n - 1)

  def access do
    data = %{user: %{name: "n", tags: ["a", "b"]}, list: [k: 1]}
    {data[:user][:name], get_in(data, [:user, :tags]), put_in(data, [:user, :name], "m").user.name, update_in(data.user.tags, &length/1).user.tags,
     data[:list][:k], data[:none][:x], pop_in(data, [:user, :name])}
  end

  def tuples, do: {elem({:a, :b}, 1), put_elem({:a, :b}, 0, :x), tuple_size({1, 2, 3}), Tuple.to_list({1, 2}), Tuple.append({1}, 2), Tuple.product({2, 3})}
  def bits, do: {<<1, 2::16, 3::4>>, <<"é"::utf8>>, byte_size("é"), for(<<b::1 <- <<0b1010::4>> >>, do: b), Bitwise.band(12, 10), Bitwise.bsl(1, 70)}

  def no_match, do: {:ok, _} = id({:error, :why})
  def no_clause, do: only(id(:b))
  defp only(:a), do: :ok
  def no_case, do: (case id(1) do 2 -> :ok end)
  def no_cond, do: (cond do id(false) -> :ok end)
  def no_with, do: (with {:ok, a} <- id(:oops), do: a, else: ({:error, e} -> e))
  def no_key, do: id(%{a: 1}).b
  def no_struct_key, do: Map.fetch!(id(%{}), :absent)
  def no_function, do: apply(String, id(:nope), [1])
  def bad_arithmetic, do: id("a") + 1
  def bad_boolean, do: id(1) and true
  def bad_arity, do: id(fn x -> x end).(1, 2)
  def bad_function, do: id(:x).(1)
  def bad_update, do: %{id(%{a: 1}) | b: 2}
  def bad_integer, do: String.to_integer(id("1x"))
end
