# SPDX-License-Identifier: Apache-2.0
ExUnit.start(timeout: 60_000, seed: 0)
Logger.configure(level: :none)

for file <- Path.wildcard(Path.join(__DIR__, "*_test.exs")), do: Code.require_file(file)
