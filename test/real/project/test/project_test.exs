# SPDX-License-Identifier: Apache-2.0
defmodule ProjectTest do
  use ExUnit.Case, async: true
  import Project.Guards
  alias Project.{Circle, Codec, Parser, Pipeline, Shape, Stack, Text, Tree}

  doctest Project.Parser

  test "protocols, derived and implemented" do
    assert [{"circle", 12.0}, {"Rectangle", 12}, {"List", 3}, {":other", 0}] = Project.areas()
    assert inspect(%Project.Rectangle{}) == "#Project.Rectangle<width: 1, height: 1, ...>"
    assert Shape.impl_for(%Circle{radius: 1}) == Shape.Project.Circle
    refute Shape.area(%{}) == 1
  end

  test "structs are checked" do
    assert_raise ArgumentError, ~r/the following keys must also be given/, fn -> struct!(Circle, []) end
    assert_raise KeyError, fn -> struct!(Circle, radius: 1, wrong: 2) end
    assert %{%Circle{radius: 1} | radius: 5}.radius == 5
  end

  test "macros" do
    assert Pipeline.steps() == [:double, :increment, :square]
    assert Pipeline.run(3) == 49
    assert Pipeline.name() == "pipeline"
    assert Project.Maybe.length_of(nil) == nil
    assert Project.Maybe.length_of("häh") == 3
  end

  test "guards in other modules" do
    assert Enum.map([4, 40, 3, :x], &Project.Guards.classify/1) == [:small_even, :even, :odd, :none]
    assert is_even(2) and not is_even(3)
  end

  test "codecs" do
    term = %{a: [1, 2.5, "three"], pid: self()}
    assert {:ok, ^term} = term |> Codec.Hex.encode() |> Codec.Hex.decode()
    assert Codec.Hex.decode("no hex") == :error
    assert Codec.Lines.decode("x") == :error
    assert Codec.Lines.encode([1, :b, "c"]) == "1\nb\nc"
  end

  test "trees" do
    tree = Project.odd_tree(9)
    assert inspect(tree) == "#Tree<[1, 3, 5, 7, 9]>"
    assert Enum.count(tree) == 5 and 7 in tree
    assert Enum.zip(tree, Tree.to_list(tree)) |> Enum.all?(fn {a, b} -> a == b end)
    assert tree |> Stream.map(&(&1 * 2)) |> Enum.take(2) == [2, 6]
  end

  test "errors" do
    assert Project.safe(fn -> 1 / 0 end) == {:error, "bad argument in arithmetic expression"}
    assert Project.safe(fn -> throw(:x) end) == {:thrown, :x}
    assert Project.safe(fn -> exit(:y) end) == {:exit, :y}
    assert_received :cleaned
    {error, stack} = try(do: Parser.eval(nil), rescue: (e in FunctionClauseError -> {e, __STACKTRACE__}))
    assert %FunctionClauseError{} = error
    assert [{Parser, :tokens, [nil, []], _} | _] = stack
  end

  test "text" do
    assert Text.numbers() == [1, 2, 3, 5, 8]
    assert Text.frequencies("a b a c b a") == [{"a", 3}, {"b", 2}, {"c", 1}]
    assert Text.slug("Hello, Wörld! 99") == "hello-w-rld-99"
    assert Text.up("straße") == "STRASSE"
  end
end

defmodule ProjectProcessTest do
  use ExUnit.Case
  import ExUnit.CaptureIO
  alias Project.Stack

  setup context do
    if context[:tree] do
      {:ok, sup: start_supervised!({Project.Sup, 10})}
    else
      :ok
    end
  end

  test "a server" do
    stack = start_supervised!({Stack, [1]})
    Stack.push(stack, 2)
    assert [Stack.pop!(stack), Stack.pop!(stack)] == [2, 1]
    assert_raise Stack.Empty, "the stack is empty", fn -> Stack.pop!(stack) end
  end

  @tag :tree
  test "a tree", %{sup: sup} do
    name = {:via, Registry, {Project.Registry, :counter}}
    assert Project.Counter.next(name) == 10
    assert Project.Counter.next(name) == 11
    [{pid, _}] = Registry.lookup(Project.Registry, :counter)
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    assert_receive {:DOWN, ^monitor, _, _, :killed}
    wait(fn -> Registry.lookup(Project.Registry, :counter) not in [[], [{pid, nil}]] end)
    assert Project.Counter.next(name) == 10
    assert %{active: 4, supervisors: 3} = Supervisor.count_children(sup)
  end

  @tag :tree
  test "tasks" do
    assert Project.Tasks |> Task.Supervisor.async_stream(1..20, &(&1 * &1), max_concurrency: 4) |> Enum.map(&elem(&1, 1)) |> Enum.sum() == 2870
    assert {:ok, _} = DynamicSupervisor.start_child(Project.Dynamic, {Stack, []})
    task = Task.async(fn -> receive do: (:go -> self()) end)
    send(task.pid, :go)
    assert Task.await(task) == task.pid
    assert catch_exit(Task.await(Task.async(fn -> Process.sleep(:infinity) end), 10)) |> elem(0) == :timeout
  end

  test "captured output" do
    assert capture_io(fn -> IO.puts("ünï") end) == "ünï\n"
    assert capture_io("line\nrest", fn -> IO.write(IO.gets("? ")) end) == "? line\n"
  end

  test "assertions that fail say why" do
    error = assert_raise ExUnit.AssertionError, fn -> assert 1 + 1 == Integer.parse("3") end
    assert error.left == 2
    assert Exception.message(error) =~ "code:  assert 1 + 1 == Integer.parse(\"3\")"
  end

  test "evaluation" do
    assert {6, [x: 3]} = Code.eval_string("x = 3; x * y", y: 2) |> then(fn {v, b} -> {v, Keyword.take(b, [:x])} end)
    assert [{Generated, _}] = Code.compile_string("defmodule Generated do\n  def f(x), do: {:generated, x}\nend")
    assert apply(Generated, :f, [1]) == {:generated, 1}
    assert Code.format_string!("a   =  1") |> IO.iodata_to_binary() == "a = 1"
    assert {:ok, {:+, _, [1, 2]}} = Code.string_to_quoted("1 + 2")
  after
    :code.purge(Generated)
    :code.delete(Generated)
  end

  defp wait(fun, n \\ 100) do
    if n > 0 and not fun.() do
      Process.sleep(5)
      wait(fun, n - 1)
    end
  end
end
