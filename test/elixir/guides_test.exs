# SPDX-License-Identifier: Apache-2.0
defmodule GuidesTest do
  use ExUnit.Case

  @top Path.expand("../..", __DIR__)

  for page <- Path.wildcard(Path.join(@top, "guides/*.md")) do
    @tag timeout: 180_000
    test "the examples of guides/#{Path.basename(page)}" do
      page = unquote(page)
      folder = Path.join(System.tmp_dir!(), "tandem_guide_#{System.unique_integer([:positive])}_#{System.pid()}")
      File.mkdir_p!(Path.join(folder, "_build"))
      File.ln_s!(Path.join(@top, "priv"), Path.join(folder, "priv"))
      on_exit(fn -> File.rm_rf!(folder) end)
      output = if Path.basename(page) == "5-cluster.md", do: in_cluster(page, folder), else: run([], page, folder, [])
      ended = Regex.run(~r/guide: (\d+) examples, 0 wrong/, output) || flunk(output)
      assert String.to_integer(Enum.at(ended, 1)) >= 4
    end
  end

  test "a page for each, in order" do
    assert for(page <- Path.wildcard(Path.join(@top, "guides/*.md")), do: Path.basename(page, ".md")) ==
             ~w(1-start 2-move 3-compare 4-contain 5-cluster)
  end

  # With an epmd of its own, so that nothing is left behind.
  defp in_cluster(page, folder) do
    port = 20000 + rem(System.unique_integer([:positive]) + String.to_integer(System.pid()), 12000)
    epmd = Port.open({:spawn_executable, System.find_executable("epmd")}, args: ["-port", "#{port}", "-relaxed_command_check"])
    {:os_pid, os_pid} = Port.info(epmd, :os_pid)
    on_exit(fn -> System.cmd("kill", ["-KILL", "#{os_pid}"], stderr_to_stdout: true) end)
    Process.sleep(500)
    run(["--sname", "alice@localhost", "--cookie", "guide"], page, folder, [{"ERL_EPMD_PORT", "#{port}"}])
  end

  defp run(flags, page, folder, env) do
    beams = Path.join(@top, "_build/default/lib/tandem/ebin")
    arguments = flags ++ ["-pa", beams, Path.join(__DIR__, "support/guide.exs"), page, folder]
    {output, _} = System.cmd("elixir", arguments, cd: folder, env: [{"ELIXIR_ERL_OPTIONS", "+fnu"} | env], stderr_to_stdout: true)
    output
  end
end
