# SPDX-License-Identifier: Apache-2.0
defmodule Project.Codec do
  @callback encode(term) :: binary
  @callback decode(binary) :: {:ok, term} | :error
  @optional_callbacks decode: 1

  defmacro __using__(_) do
    quote do
      @behaviour Project.Codec
      def decode(_), do: :error
      defoverridable decode: 1
    end
  end
end

defmodule Project.Codec.Hex do
  use Project.Codec
  @impl true
  def encode(term), do: term |> :erlang.term_to_binary() |> Base.encode16(case: :lower)
  @impl true
  def decode(text) do
    case Base.decode16(text, case: :lower) do
      {:ok, binary} -> {:ok, :erlang.binary_to_term(binary)}
      :error -> super(text)
    end
  end
end

defmodule Project.Codec.Lines do
  use Project.Codec
  @impl true
  def encode(list), do: Enum.map_join(list, "\n", &to_string/1)
end
