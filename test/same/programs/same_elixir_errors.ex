# SPDX-License-Identifier: Apache-2.0
defmodule SameElixirErrors do
  Module.register_attribute(__MODULE__, :same, persist: true)
  @same :programs

  defmodule Custom do
    defexception [:code, message: "custom message"]
  end

  defp id(x), do: x

  def raising, do: raise("oops")
  def raising_kind, do: raise(ArgumentError, "bad argument")
  def raising_custom, do: raise(Custom, code: 42)
  def raising_bare, do: raise(Custom)
  def throwing, do: throw({:ball, 1})
  def exiting, do: exit({:shutdown, :why})

  def rescuing do
    for f <- [fn -> raise "a" end, fn -> raise ArgumentError end, fn -> 1 + id(:a) end, fn -> hd(id([])) end, fn -> Map.get(Process.get(:none, %{m: %{a: 1}}), :m).x end, fn -> id(nil).x end, fn -> raise Custom, code: 1 end,
              fn -> {:ok, _} = id(:no) end, fn -> String.to_integer(id("z")) end, fn -> apply(:nope, :nope, []) end, fn -> id(1).() end, fn -> Map.fetch!(id(%{a: 1}), Process.get(:none, :b)) end, fn -> if(id(1) == 1, do: id(fn a -> a end).()) end] do
      try do
        f.()
      rescue
        e -> {e.__struct__, Exception.message(e)}
      end
    end
  end

  def rescuing_by_kind do
    try do
      raise Custom, code: 7
    rescue
      ArgumentError -> :argument
      e in [RuntimeError, Custom] -> {:custom, e.code}
    end
  end

  def catching, do: {catch_it(fn -> throw(1) end), catch_it(fn -> exit(:x) end), catch_it(fn -> :erlang.error(:e) end), catch_it(fn -> :fine end)}
  defp catch_it(f) do
    try do
      f.()
    catch
      :throw, v -> {:threw, v}
      :exit, v -> {:exited, v}
      :error, v -> {:errored, v}
    else
      v -> {:returned, v}
    end
  end

  def ensuring do
    me = self()
    r = try do
      raise "x"
    rescue
      _ -> :rescued
    after
      send(me, :cleaned)
    end
    {r, receive(do: (:cleaned -> true))}
  end

  def reraising do
    try do
      raise "first"
    rescue
      e -> reraise(e, __STACKTRACE__)
    end
  end

  def stack do
    try do
      Enum.map([1, 0], fn x -> 1 / x end)
    rescue
      ArithmeticError -> Enum.map(__STACKTRACE__, fn {m, f, a, l} -> {m, f, a, l[:line]} end)
    end
  end

  def formatted do
    try do
      Enum.map([:a], fn x -> x + 1 end)
    rescue
      e -> Exception.format(:error, e, __STACKTRACE__)
    end
  end

  def formatted_exits, do: [Exception.format_exit(:normal), Exception.format_exit({:badarith, []}), Exception.format_exit({:noproc, {GenServer, :call, [:a, :b, 1]}}), Exception.format_banner(:throw, 1), Exception.format_mfa(M, :f, 2)]
  def blamed, do: blame(fn -> only_integers(id("x")) end)
  defp only_integers(x) when is_integer(x), do: x
  defp blame(f) do
    try do
      f.()
    rescue
      e -> Exception.message(elem(Exception.blame(:error, e, __STACKTRACE__), 0)) |> String.split("\n") |> hd()
    end
  end

  def in_enum, do: Enum.each([1, 2], fn x -> if x == 2, do: raise("at #{x}") end)
  def in_stream, do: 1..3 |> Stream.map(fn x -> 1 / (x - 2) end) |> Enum.to_list()
  def in_comprehension, do: for(x <- [1, :a], do: x + 1)
  def deep, do: deep(10)
  defp deep(0), do: raise("bottom")
  defp deep(n), do: [deep(n - 1)]
end
