# SPDX-License-Identifier: Apache-2.0
# `make doc`: without a warning, everything public is described, and iex shows it.
defmodule DocsTest do
  use ExUnit.Case

  @top Path.expand("../..", __DIR__)
  @tag timeout: 120_000

  test "every public function has a text, and h shows it" do
    assert {said, 0} = System.cmd("sh", [Path.join(@top, "test/doc.sh")], stderr_to_stdout: true)
    assert String.split(said, "\n", trim: true) == ["_build/doc/index.html"]

    for module <- [:tandem, Tandem] do
      {:docs_v1, _, _, _, %{"en" => about}, _, docs} = Code.fetch_docs(module)
      assert about != []
      described = for {{:function, name, arity}, _, _, %{"en" => text}, _} <- docs, text != [], do: {name, arity}
      public = for {name, arity} <- module.module_info(:exports), name not in [:module_info, :__info__], not macro?(name), do: {name, arity}
      assert public -- described == []
    end

    Application.put_env(:elixir, :ansi_enabled, false)
    {:ok, _} = Application.ensure_all_started(:iex)
    text = ExUnit.CaptureIO.capture_io(fn -> Code.eval_string("import IEx.Helpers; h(Tandem.start_link); h(:tandem.trace/4)") end)
    assert text =~ "options may be a keyword list"
    assert text =~ "Records for so many seconds"
  end

  defp macro?(name), do: String.starts_with?(Atom.to_string(name), "MACRO-")
end
