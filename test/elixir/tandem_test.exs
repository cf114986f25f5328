# SPDX-License-Identifier: Apache-2.0
defmodule TandemTest do
  use ExUnit.Case

  @top Path.expand("../..", __DIR__)

  # Modules must be files for the engine to get them: these are compiled into a folder of the code path.
  setup_all do
    folder = Path.join(@top, "_build/test/elixir_modules")
    File.mkdir_p!(folder)
    {:ok, engine, node} = Tandem.start(name: :elixir_tests)
    Application.put_env(:tandem_test, :node, node)

    for file <- ["workers.ex", "tools.ex"], {module, binary} <- Code.compile_file(Path.join([__DIR__, "support", file])) do
      File.write!(Path.join(folder, "#{module}.beam"), binary)
    end

    :code.add_patha(to_charlist(folder))
    on_exit(fn -> :tandem.stop(engine) end)
    {:ok, node: node}
  end

  test "use Tandem moves spawns to the engine started last", %{node: node} do
    assert Tandem.node() == node

    for start <- [:fun, :mfa, :link_fun, :link_mfa, :monitor_fun, :monitor_mfa, :captured] do
      assert {start, Workers.Latest.run(start)} == {start, node}
    end
  end

  test "use Tandem, node: expression", %{node: node} do
    assert Workers.Given.run() == node
  end

  test "a module in no file that says use Tandem", %{node: node} do
    for version <- 1..2 do
      Code.eval_string("defmodule TandemTest.Typed do use Tandem; def fun, do: fn -> {#{version}, node()} end end")
      assert :erpc.call(node, apply(TandemTest.Typed, :fun, [])) == {version, node}
    end
  after
    forget(TandemTest.Typed)
  end

  test "a module compiled from a file into memory", %{node: node} do
    file = Path.join(System.tmp_dir!(), "tandem_test_compiled.ex")

    for version <- 1..2 do
      File.write!(file, "defmodule TandemTest.Compiled do def fun, do: fn -> {#{version}, node()} end end")
      [{TandemTest.Compiled, _}] = Code.compile_file(file)
      assert :erpc.call(node, apply(TandemTest.Compiled, :fun, [])) == {version, node}
    end

    File.rm!(file)
  after
    forget(TandemTest.Compiled)
  end

  defp forget(module) do
    :code.purge(module)
    :code.delete(module)
  end

  test "use Tandem refuses other options" do
    assert_raise ArgumentError, ~r/:node/, fn -> Code.eval_string("defmodule TandemTest.Bad do use Tandem, workers: 1 end") end
  end

  test "options may be keywords, and errors name the option" do
    assert Tandem.start(schedulers: 0) == {:error, {:bad_option, :schedulers, 0}}
    assert Tandem.start([1]) == {:error, {:bad_options, [1]}}
    assert %{id: :x, start: {:tandem, :start_link, [%{name: :x}]}} = Tandem.child_spec(name: :x)
  end

  test "an engine under a supervisor" do
    {:ok, sup} = Supervisor.start_link([{Tandem, name: :in_supervisor}], strategy: :one_for_one)
    [{:in_supervisor, pid, :worker, _}] = Supervisor.which_children(sup)
    {:registered_name, node} = Process.info(pid, :registered_name)
    assert :erpc.call(node, Enum, :sum, [1..10]) == 55
    Supervisor.stop(sup)
    refute node in Node.list(:connected)
  end

  test "a GenServer of the engine, called and linked from here", %{node: node} do
    Node.spawn(node, Workers.Counter, :start_for, [self(), 1])
    assert_receive {:server, server}, 5000
    assert node(server) == node
    assert for(_ <- 1..3, do: GenServer.call(server, :next)) == [1, 2, 3]
    Process.flag(:trap_exit, true)
    Process.link(server)
    catch_exit(GenServer.call(server, :crash))
    assert_receive {:EXIT, ^server, {%RuntimeError{message: "crash"}, [_ | _]}}, 5000
  end

  test "tasks on the engine", %{node: node} do
    Node.spawn_link(node, Workers.Sums, :send_to, [self()])
    assert_receive {:sums, [1, 3, 6, 10, 15]}, 5000
  end

  test "what is printed is made there, atoms too, and nothing is asked of the VM for it", %{node: node} do
    print = fn -> :erpc.call(node, Kernel, :inspect, [%{key: [:atom, "text", 1.5, Enum, :"quoted atom"]}]) end
    assert print.() == inspect(%{key: [:atom, "text", 1.5, Enum, :"quoted atom"]})
    %{delegated: before} = Tandem.info(node)
    print.()
    assert %{delegated: ^before} = Tandem.info(node)
  end

  test "a fun of a script is run there by erl_eval", %{node: node} do
    {fun, _} = Code.eval_string("fn x -> Enum.map(x, fn y -> {y, node()} end) end")
    assert :erpc.call(node, :erlang, :apply, [fun, [[1, 2]]]) == [{1, node}, {2, node}]
  end

  test "Tandem.compare, with keywords, inputs and named work" do
    quick = [time: 0.05, warmup: 0, latency: false, print: false, json: false, page: false]
    assert {:ok, %{verdict: :same, jobs: [%{verdict: :same}]}} = Tandem.compare(Workers.Compared.sum(), quick)

    assert {:ok, %{verdict: :same, jobs: jobs}} =
             Tandem.compare(%{"sort" => &Enum.sort/1, "uniq" => &Enum.uniq/1}, [inputs: %{"short" => [2, 1, 2], "text" => ~w(b a b)}] ++ quick)

    assert for(%{name: name, input: input} <- jobs, do: {name, input}) ==
             [{"sort", "short"}, {"uniq", "short"}, {"sort", "text"}, {"uniq", "text"}]

    {result, said} = ExUnit.CaptureIO.with_io(fn -> Tandem.compare(Workers.Compared.raises(), [print: true] ++ Keyword.delete(quick, :print)) end)
    assert {:ok, %{jobs: [%{verdict: :same}]}} = result
    assert said =~ ~s(the same on both: raised error %RuntimeError{message: "oops"})

    {error, said} = ExUnit.CaptureIO.with_io(fn -> Tandem.compare(fn -> 1 end, quick) end)
    assert error == {:error, {:no_object_code, TandemTest}}
    assert said =~ "Compile it to a .beam file"
    {error, said} = ExUnit.CaptureIO.with_io(fn -> Tandem.compare(Workers.Compared.sum(), time: 0) end)
    assert error == {:error, {:bad_option, :time, 0}}
    assert said =~ "a number of seconds above 0"
  end

  for {name, function} <- [
        {"Node.ping, Node.monitor and Process.info through erpc", :node},
        {"a Task.Supervisor of the engine, asked from here", :tasks},
        {"GenServer.multi_call, and calls by name", :servers},
        {"an Agent and a Registry of the engine, used from here", :agents},
        {"a shell on the engine", :shell},
        {"ExUnit's captures of standard_error and of the log, on the engine", :captures}
      ] do
    test name, %{node: node}, do: apply(Workers.Tools, unquote(function), [node])
  end

  @tag timeout: 300_000
  test "a Mix project has the package as a path dependency, and an engine in its supervision tree" do
    output = mix_project("path: #{inspect(@top)}")
    assert output =~ "on the engine: true"
    assert output =~ "supervised: true, started again: true"
  end

  # The package's files in a repository of their own, as they are here now. Built without optimising, since it is built afresh.
  @tag timeout: 300_000
  test "a Mix project has the package as a git dependency" do
    repository = temporary_folder("tandem_git")
    for file <- ~w(c_src src rebar.config Makefile LICENSE README.md), do: File.cp_r!(Path.join(@top, file), Path.join(repository, file))
    git = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]

    for arguments <- [["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The package"]] do
      assert {_, 0} = System.cmd("git", git ++ arguments, cd: repository, stderr_to_stdout: true)
    end

    assert mix_project("git: #{inspect("file://" <> repository)}", [{"CFLAGS", "-O1"}]) =~ "on the engine: true"
  end

  defp mix_project(dependency, env \\ []) do
    folder = temporary_folder("tandem_mix")
    File.mkdir_p!(Path.join(folder, "lib"))

    File.write!(Path.join(folder, "mix.exs"), """
    defmodule User.MixProject do
      use Mix.Project
      def project, do: [app: :user, version: "0.1.0", deps: [{:tandem, #{dependency}}]]
      def application, do: [mod: {User.Application, []}]
    end
    """)

    File.write!(Path.join(folder, "lib/user.ex"), """
    defmodule User.Application do
      use Application
      def start(_, _), do: Supervisor.start_link([{Tandem, name: :users}], strategy: :one_for_one, name: User.Supervisor)
    end

    defmodule User do
      use Tandem

      def run do
        node = Tandem.node()
        me = self()
        spawn(fn -> send(me, {:ran_on, node()}) end)
        receive(do: ({:ran_on, there} -> IO.puts("on the engine: \#{there == node}")))
        [{_, engine, _, _}] = Supervisor.which_children(User.Supervisor)
        Process.exit(engine, :kill)
        Process.sleep(1000)
        IO.puts("supervised: \#{node == Tandem.node()}, started again: \#{:erpc.call(node, Enum, :sum, [[1, 2]]) == 3}")
      end
    end
    """)

    env = [{"MIX_REBAR3", System.find_executable("rebar3")}, {"MIX_ENV", "dev"}, {"ELIXIR_ERL_OPTIONS", "+fnu"}] ++ env
    {output, status} = System.cmd("sh", ["-c", "mix deps.get && mix run -e 'User.run()'"], cd: folder, env: env, stderr_to_stdout: true)
    assert status == 0, output
    output
  end

  defp temporary_folder(name) do
    folder = Path.join(System.tmp_dir!(), "#{name}_#{System.unique_integer([:positive])}_#{System.pid()}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    folder
  end
end
