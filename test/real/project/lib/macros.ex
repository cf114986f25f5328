# SPDX-License-Identifier: Apache-2.0
defmodule Project.Macros do
  defmacro unless_nil(value, do: block) do
    quote do
      case unquote(value) do
        nil -> nil
        _ -> unquote(block)
      end
    end
  end

  defmacro defconstants(pairs) do
    for {name, value} <- pairs do
      quote do
        def unquote(name)(), do: unquote(value)
      end
    end
  end

  defmacro __using__(options) do
    quote do
      import Project.Macros
      @before_compile Project.Macros
      @project_name unquote(options[:name] || "none")
      Module.register_attribute(__MODULE__, :steps, accumulate: true)
    end
  end

  defmacro step(name, do: body) do
    quote do
      @steps unquote(name)
      def run_step(unquote(name), var!(state)), do: unquote(body)
    end
  end

  defmacro __before_compile__(env) do
    steps = env.module |> Module.get_attribute(:steps) |> Enum.reverse()

    quote do
      def steps, do: unquote(steps)
      def name, do: @project_name
      def run(state), do: Enum.reduce(steps(), state, &run_step/2)
    end
  end
end
