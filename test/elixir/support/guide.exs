# SPDX-License-Identifier: Apache-2.0
# Runs the examples of a page of guides/: guide.exs PAGE FOLDER. Blocks of a page are run in order, in one session a language:
#   elixir, erlang       evaluated; what stands after #=> or %=> is the value of what comes before, with ... for anything
#   elixir FILE.ex, erlang FILE.erl   compiled, into a folder of the code path
#   sh                   run by a shell; what it leaves in the background ends with this program
# Prints each example that goes wrong and `guide: N examples, M wrong`.
defmodule Guide do
  def main([page, folder]) do
    ebin = Path.join(folder, "ebin")
    File.mkdir_p!(ebin)
    :code.add_patha(to_charlist(ebin))
    start = %{folder: folder, ebin: ebin, elixir: {[], Code.env_for_eval([])}, erlang: :erl_eval.new_bindings(), examples: 0, wrong: 0}
    ended = Enum.reduce(blocks(File.read!(page)), start, &run/2)
    IO.puts("guide: #{ended.examples} examples, #{ended.wrong} wrong")
  end

  defp blocks(text), do: for([_, info, body] <- Regex.scan(~r/^```(\S[^\n]*)\n(.*?)^```$/ms, text), do: {String.split(info), body})

  defp run({["elixir"], body}, state), do: Enum.reduce(chunks(body, "#=> "), state, &elixir/2)
  defp run({["erlang"], body}, state), do: Enum.reduce(chunks(body, "%=> "), state, &erlang/2)

  defp run({["elixir", name], body}, state) do
    for {module, binary} <- Code.compile_file(write(state, name, body)), do: File.write!(Path.join(state.ebin, "#{module}.beam"), binary)
    state
  end

  defp run({["erlang", name], body}, state) do
    {:ok, _} = :compile.file(to_charlist(write(state, name, body)), outdir: to_charlist(state.ebin))
    state
  end

  defp run({["sh"], body}, state) do
    port = Port.open({:spawn_executable, System.find_executable("sh")}, [:binary, :stderr_to_stdout, args: ["-c", "trap 'kill 0' TERM HUP\n" <> body <> "\nwait"]])
    {:os_pid, os_pid} = Port.info(port, :os_pid)
    System.at_exit(fn _ -> System.cmd("kill", ["-TERM", "#{os_pid}"], stderr_to_stdout: true) end)
    Process.sleep(2000)
    state
  end

  defp write(state, name, body) do
    file = Path.join(state.folder, name)
    File.mkdir_p!(Path.dirname(file))
    File.write!(file, body)
    file
  end

  # {Code, what it gives, or nil}.
  defp chunks(body, mark) do
    {chunks, rest} =
      Enum.reduce(String.split(body, "\n"), {[], []}, fn line, {chunks, code} ->
        case String.split(line, mark, parts: 2) do
          ["", expected] -> {[{code |> Enum.reverse() |> Enum.join("\n"), expected} | chunks], []}
          _ -> {chunks, [line | code]}
        end
      end)

    rest = rest |> Enum.reverse() |> Enum.join("\n")
    Enum.reverse(if String.trim(rest) == "", do: chunks, else: [{rest, nil} | chunks])
  end

  defp elixir({code, expected}, %{elixir: {binding, env}} = state) do
    {value, binding, env} = Code.eval_quoted_with_env(Code.string_to_quoted!(code), binding, env)
    check(code, inspect(value, limit: :infinity), expected, %{state | elixir: {binding, env}})
  end

  defp erlang({code, expected}, state) do
    {:ok, tokens, _} = :erl_scan.string(to_charlist(code))
    {:ok, expressions} = :erl_parse.parse_exprs(tokens)
    {:value, value, bindings} = :erl_eval.exprs(expressions, state.erlang)
    check(code, to_string(:io_lib.format("~tp", [value])), expected, %{state | erlang: bindings})
  end

  defp check(code, value, expected, state) do
    state = %{state | examples: state.examples + 1}

    if expected == nil or value =~ pattern(expected) do
      state
    else
      IO.puts("#{code}\ngave     #{value}\nand not  #{expected}\n")
      %{state | wrong: state.wrong + 1}
    end
  end

  defp pattern(expected), do: Regex.compile!("^" <> String.replace(Regex.escape(String.trim(expected)), "\\.\\.\\.", ".*") <> "$", "s")
end

Guide.main(System.argv())
