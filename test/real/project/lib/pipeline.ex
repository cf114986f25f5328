# SPDX-License-Identifier: Apache-2.0
defmodule Project.Pipeline do
  use Project.Macros, name: "pipeline"

  defconstants(one: 1, two: 2, text: "text")

  step :double do
    state * two()
  end

  step :increment do
    state + one()
  end

  step :square do
    state * state
  end
end

defmodule Project.Maybe do
  require Project.Macros

  def length_of(value) do
    Project.Macros.unless_nil value do
      String.length(value)
    end
  end
end
