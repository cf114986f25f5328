# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirData do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  defp id(x), do: x

  def enum_basic do
    l = [3, 1, 2]
    {Enum.map(l, &(&1 + 1)), Enum.sort(l), Enum.sort(l, :desc), Enum.reverse(l), Enum.sum(l), Enum.max(l), Enum.min(l), Enum.count(l), Enum.member?(l, 2),
     Enum.at(l, 1), Enum.at(l, 9, :none), Enum.fetch(l, 0), Enum.empty?([]), Enum.product(l), Enum.min_max(l)}
  end

  def enum_select do
    r = 1..10
    {Enum.filter(r, &(&1 > 7)), Enum.reject(r, &(&1 > 2)), Enum.take(r, 3), Enum.drop(r, 8), Enum.take(r, -2), Enum.take_while(r, &(&1 < 3)), Enum.drop_while(r, &(&1 < 9)),
     Enum.find(r, &(&1 > 4)), Enum.find_index(r, &(&1 == 4)), Enum.split(r, 2), Enum.split_with(r, &(rem(&1, 2) == 0)), Enum.slice(r, 2, 3), Enum.take_every(r, 4)}
  end

  def enum_reduce do
    {Enum.reduce(1..5, &(&1 * &2)), Enum.reduce([1, 2], 10, &+/2), Enum.reduce_while(1..100, 0, fn x, a -> if a > 20, do: {:halt, a}, else: {:cont, a + x} end),
     Enum.map_reduce([1, 2, 3], 0, &{&1 * 2, &1 + &2}), Enum.scan([1, 2, 3], &+/2), Enum.flat_map([1, 2], &[&1, &1]), Enum.flat_map_reduce([1, 2], 0, &{[&1], &2 + 1})}
  end

  def enum_group do
    w = ["apple", "bob", "ant", "cat", "bat"]
    {Enum.group_by(w, &String.first/1), Enum.chunk_every(1..7, 3), Enum.chunk_every(1..7, 2, 1, :discard), Enum.chunk_by([1, 1, 2, 3, 3], & &1), Enum.frequencies([1, 1, 2]),
     Enum.zip([1, 2], [:a, :b]), Enum.unzip([{1, :a}, {2, :b}]), Enum.with_index(["a", "b"]), Enum.uniq([1, 2, 1]), Enum.dedup([1, 1, 2, 1]), Enum.sort_by(w, &String.length/1),
     Enum.max_by(w, &String.length/1), Enum.into([a: 1], %{}), Enum.join(w, "-"), Enum.map_join([1, 2], ",", &"<#{&1}>"), Enum.intersperse([1, 2], 0), Enum.concat([[1], [2]]),
     Enum.zip_with([1, 2], [3, 4], &+/2)}
  end

  def enum_maps, do: {Enum.map(%{a: 1, b: 2}, fn {k, v} -> {v, k} end), Enum.sort(Enum.to_list(%{b: 1, a: 2})), Enum.count(%{a: 1}), Enum.reduce(%{a: 1, b: 2}, 0, fn {_, v}, s -> v + s end), Map.new([1, 2], &{&1, &1})}
  def enum_predicates, do: {Enum.all?([1, 2], &is_integer/1), Enum.any?([nil, 1]), Enum.each([1], & &1), Enum.random([7]), Enum.slide(1..5, 0, 3)}

  def streams do
    {1..1_000_000 |> Stream.map(&(&1 * 2)) |> Stream.filter(&(rem(&1, 3) == 0)) |> Enum.take(3), Stream.iterate(1, &(&1 * 2)) |> Enum.take(8), Stream.cycle([1, 2]) |> Enum.take(5),
     Stream.unfold(5, fn 0 -> nil; n -> {n, n - 1} end) |> Enum.to_list(), Stream.chunk_every(1..5, 2) |> Enum.to_list(), Stream.zip(1..3, [:a, :b, :c]) |> Enum.to_list(),
     Stream.resource(fn -> 3 end, fn 0 -> {:halt, 0}; n -> {[n], n - 1} end, fn _ -> :ok end) |> Enum.to_list(), Stream.with_index(["a"]) |> Enum.to_list(), Stream.transform(1..3, 0, &{[&1 + &2], &1}) |> Enum.to_list()}
  end

  def maps do
    m = %{a: 1, b: 2}
    {Map.get(m, :a), Map.get(m, :z, 0), Map.put(m, :c, 3), Map.delete(m, :a), Map.update(m, :a, 0, &(&1 + 1)), Map.update!(m, :b, &(&1 * 2)), Map.merge(m, %{b: 9}), Map.keys(m), Map.values(m),
     Map.has_key?(m, :a), Map.fetch(m, :q), Map.pop(m, :a), Map.take(m, [:a]), Map.drop(m, [:a]), Map.split(m, [:a]), Map.to_list(m), Map.merge(m, %{a: 5}, fn _, x, y -> x + y end),
     Map.new(a: 1), Map.put_new(m, :a, 9), Map.replace(m, :a, 7), Map.filter(m, fn {_, v} -> v > 1 end), Map.reject(m, fn {_, v} -> v > 1 end), Map.get_and_update(m, :a, &{&1, 10}), map_size(m)}
  end

  def keywords do
    k = [a: 1, b: 2, a: 3]
    {Keyword.get(k, :a), Keyword.get_values(k, :a), Keyword.put(k, :a, 9), Keyword.delete(k, :a), Keyword.merge(k, b: 5), Keyword.keys(k), Keyword.has_key?(k, :z), Keyword.fetch!(k, :b), Keyword.pop(k, :a),
     Keyword.take(k, [:b]), Keyword.keyword?(k), Keyword.new([{:x, 1}]), Keyword.update(k, :b, 0, &(&1 + 1)), Keyword.validate([a: 1], [:a, b: 2]), Keyword.split(k, [:a])}
  end

  def lists, do: {[1 | [2]], [1, 2] ++ [3], [1, 2, 1] -- [1], List.first([1]), List.last([1, 2]), List.flatten([1, [2, [3]]]), List.delete([1, 2], 1), List.insert_at([1, 3], 1, 2), List.update_at([1, 2], 0, &(&1 * 5)), List.wrap(nil), List.wrap(1), List.zip([[1, 2], [:a, :b]]), List.foldr([1, 2], 0, &-/2), List.keyfind([a: 1], :a, 0), List.to_tuple([1]), List.duplicate(:x, 2), List.starts_with?([1, 2], [1]), List.pop_at([1, 2], 0), List.to_string([97, "b"]), List.myers_difference([1, 2], [1, 3])}

  def strings do
    s = "Hello Wörld"
    {String.length(s), byte_size(s), String.upcase(s), String.downcase(s), String.reverse(s), String.split(s), String.split("a,b,c", ",", parts: 2), String.replace(s, "l", "L"), String.slice(s, 0, 5), String.slice(s, 6..-1),
     String.at(s, 7), String.contains?(s, "Wör"), String.starts_with?(s, "He"), String.ends_with?(s, "x"), String.trim("  x "), String.pad_leading("7", 3, "0"), String.pad_trailing("7", 3), String.duplicate("ab", 2),
     String.graphemes("aé"), String.codepoints("é"), String.first(s), String.last(s), String.capitalize("abc"), String.to_integer("42"), String.to_float("1.5"), String.valid?("é"), String.valid?(<<255>>), String.to_charlist("hé"), String.jaro_distance("abc", "abd"), String.next_grapheme("ab"), String.split_at("abc", 1), String.trim_leading("xxa", "x"), String.normalize("é", :nfd) |> byte_size}
  end

  def string_building, do: {"a" <> "b", IO.iodata_to_binary(["a", [98, "c"]]), Enum.join([1, :a, "b"], " "), String.replace("a1b2", ["1", "2"], "-"), to_string([97, 98]), to_charlist("x"), IO.chardata_to_string(["é", 252])}
  def map_sets, do: {MapSet.new([1, 2, 1]) |> MapSet.size(), MapSet.union(MapSet.new([1]), MapSet.new([2])) |> Enum.sort(), MapSet.member?(MapSet.new([1]), 1), MapSet.difference(MapSet.new([1, 2]), MapSet.new([1])) |> MapSet.to_list(), MapSet.subset?(MapSet.new([1]), MapSet.new([1, 2]))}
  def dates, do: {Date.add(~D[2024-02-28], 2), Date.diff(~D[2024-03-01], ~D[2024-02-01]), Date.day_of_week(~D[2024-01-01]), Date.to_string(~D[2024-01-02]), Date.from_iso8601("2024-13-01"), Time.add(~T[10:00:00], 90), NaiveDateTime.to_iso8601(~N[2024-01-01 10:00:00]), Calendar.strftime(~D[2024-01-02], "%d.%m.%Y %a")}

  def inspecting do
    for t <- [1, 1.5, :a, :"b c", nil, "text\n\"q\"", <<0, 255>>, <<1::3>>, 'chars', [1, 2], [a: 1, b: "x"], {1, {2}}, %{"k" => [2], a: 1}, 1..3, ~D[2024-01-01], MapSet.new([1]), [1 | 2], &String.upcase/1, String, %ArgumentError{message: "m"}, []], do: inspect(t)
  end

  def inspecting_wide, do: {inspect(Enum.to_list(1..100)), inspect(Enum.to_list(1..100), limit: 5), inspect(%{key: String.duplicate("x", 100), other: Enum.to_list(1..30)}, pretty: true, width: 40), inspect("é", binaries: :as_binaries), inspect({:a, [b: 1]}, syntax_colors: [])}
  def inspecting_identities, do: {inspect(self()), inspect(make_ref()), inspect(fn x -> x end)}
  def printing, do: (IO.puts("line"); IO.puts([?a, "b", ["é"]]); IO.write("no newline "); IO.inspect({:some, "term"}, label: "label"); IO.puts(:atom); IO.inspect(Enum.to_list(1..60)))
  def printing_error, do: IO.puts(id({:not, :chardata}))

  def regexes, do: {Regex.run(~r/(\d+)-(\w+)/, "x 12-ab y"), Regex.scan(~r/\d/, "1a2"), Regex.replace(~r/a(.)/, "abac", "<\\1>"), Regex.match?(~r/^é$/u, "é"), "a b" =~ ~r/\s/, Regex.named_captures(~r/(?<y>\d{4})/, "in 2024"), String.split("a1b2c", ~r/\d/), Regex.run(~r/x/, "abc")}

  defprotocol Size do
    @fallback_to_any true
    def size(x)
  end

  defimpl Size, for: [List, Map] do
    def size(x), do: Enum.count(x)
  end

  defimpl Size, for: Any do
    def size(_), do: :any
  end

  defmodule Point do
    defstruct x: 0, y: 0
    defimpl Inspect do
      def inspect(p, _), do: "#Point<#{p.x},#{p.y}>"
    end
    defimpl String.Chars do
      def to_string(p), do: "(#{p.x}, #{p.y})"
    end
  end

  def protocols, do: {Size.size([1, 2]), Size.size(%{a: 1}), Size.size(1), Size.size(struct(Point))}
  def struct_protocols, do: {inspect(struct(Point, x: 1)), "#{struct(Point, y: 2)}", inspect([struct(Point)])}
  def struct_updates, do: {struct(Point, x: 5), struct!(Point, y: 1), Map.from_struct(struct(Point)), is_struct(struct(Point), Point)}
  def struct_bad_key, do: struct!(Point, id(z: 1))
  def protocol_missing, do: to_string(id({1, 2}))
  def enumerable_missing, do: Enum.map(id(:atom), & &1)

  def enum_empty, do: Enum.max(id([]))
  def enum_fetch, do: Enum.fetch!(id([1]), 5)
  def keyword_missing, do: Keyword.fetch!(id([a: 1]), :b)
  def string_bad, do: String.length(id(:atom))
  def bad_atom, do: String.to_existing_atom(id("an atom that is nowhere to be found"))
  def bad_date, do: Date.new!(2024, id(13), 1)
end
