# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirRegex do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  # Compiled by the host, at compile time.
  @date ~r/(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})/
  @word ~r/\w+/u

  defp id(x), do: x

  def literals, do: {Regex.run(@date, "on 2023-04-05."), Regex.named_captures(@date, "2023-04-05"), Regex.names(@date), "2023-04-05" =~ @date, "x" =~ @date}
  def scanning, do: {Regex.scan(@word, "größe, ok"), Regex.scan(~r/a(b)?/, "abaab"), Regex.scan(~r/b/, "abc", return: :index), Regex.scan(~r/(x)|./, "ax", capture: :all_but_first)}
  def splitting, do: {Regex.split(~r/,\s*/, "a, b,c"), Regex.split(~r/(-)/, "a-b-c", include_captures: true), Regex.split(~r//, "abc", trim: true), Regex.split(~r/,/, "a,b,c", parts: 2), Regex.split(~r/(?<s>,)b/, "a,b", on: [:s])}
  def replacing, do: {Regex.replace(~r/b(c)/, "abcbc", "[\\1]"), Regex.replace(~r/b/, "abb", "x", global: false), Regex.replace(~r/(.)(.)/, "abcd", fn _, a, b -> b <> a end), Regex.replace(~r/é/u, "été", "e"), Regex.replace(~r/a/, "banana", "\\0\\0")}
  def strings, do: {String.replace("a1b22", ~r/\d+/, "#"), String.split("a  b c", ~r/ +/), String.match?("foo", ~r/^f/), String.replace("abc", ~r/b/, &String.upcase/1), String.split("a1b2", ~r/\d/, trim: true)}
  def flags, do: for(f <- ["", "i", "m", "s", "x", "u", "U", "f", "ims", "ui"], do: {f, Regex.run(Regex.compile!("É.b$|a .C", f), "é\nb\na bc\n")})
  def options, do: {Regex.opts(~r/a/im), Regex.source(~r/a b/x), Regex.escape("a.b*c[d]"), Regex.regex?(~r/a/), inspect(~r{a/b}u), to_string(Regex.source(@word))}
  def errors, do: {Regex.compile("("), Regex.compile("*a"), Regex.compile("a", "q"), Regex.recompile(~r/a/) |> elem(0)}
  def raised, do: for(f <- [fn -> Regex.compile!(id("(")) end, fn -> Regex.compile!(id("a"), "q") end, fn -> Regex.run(id(:a), "a") end], do: (try do f.() rescue e -> {e.__struct__, Exception.message(e)} end))
  def captures, do: for(c <- [:all, :first, :all_but_first, :none, :all_names, ["month"], [1, 3]], r <- [:index, :binary], do: Regex.run(@date, "at 2023-04-05", capture: c, return: r))
  def offsets, do: {Regex.run(~r/a/, "abca", offset: 1), Regex.run(~r/^a/, "ba", offset: 1), Regex.match?(~r/b/, "ab"), Regex.run(~r/x/, "abc")}
  def sent, do: (me = self(); pid = spawn(fn -> receive do r -> send(me, Regex.run(r, "ab 12")) end end); send(pid, ~r/(\d)(\d)/); receive do x -> x end)
  def patterns, do: (case "key=value" do s -> for(r <- [~r/^(\w+)=(\w+)$/, ~r/=/, ~r/[^=]+$/], do: Regex.run(r, s)) end)
end
