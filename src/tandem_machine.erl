%% SPDX-License-Identifier: Apache-2.0
%% @doc The machine and the VM on which something is measured.
-module(tandem_machine).

-export([facts/0, headline/1]).

%% @doc What the numbers depend on.
-spec facts() -> #{atom() => term()}.
facts() ->
    #{time => list_to_binary(calendar:system_time_to_rfc3339(erlang:system_time(second), [{offset, "Z"}])),
      commit => text(os:cmd("git describe --always --dirty 2> /dev/null")),
      kernel => text(os:cmd("uname -sr")),
      processor => field("/proc/cpuinfo", "model name\\s*: (.*)"),
      cores => erlang:system_info(logical_processors_available),
      memory => field("/proc/meminfo", "MemTotal:\\s*(.*)"),
      load => field("/proc/loadavg", "^(\\S+)"),
      otp => otp(),
      emulator => text(string:trim(erlang:system_info(system_version))),
      flavor => erlang:system_info(emu_flavor)}.

otp() ->
    Release = erlang:system_info(otp_release),
    case file:read_file(filename:join([code:root_dir(), "releases", Release, "OTP_VERSION"])) of
        {ok, Version} -> text(Version);
        {error, _} -> text(Release)
    end.

field(File, Pattern) ->
    case file:read_file(File) of
        {ok, Content} ->
            case re:run(Content, Pattern, [multiline, {capture, all_but_first, binary}]) of
                {match, [Value]} -> Value;
                nomatch -> null
            end;
        {error, _} -> null
    end.

text(Chars) -> unicode:characters_to_binary(string:trim(Chars)).

%% @doc The machine in a line.
-spec headline(#{atom() => term()}) -> iolist().
headline(#{otp := Otp, flavor := Flavor, processor := Processor, cores := Cores, load := Load}) ->
    io_lib:format("OTP ~ts (~ts), ~ts, ~p cores, load ~ts", [Otp, Flavor, Processor, Cores, Load]).
