// SPDX-License-Identifier: Apache-2.0
// What the engine itself, rather than one of its processes, has to say to the host: requests for modules, and answers to the
// messages that arrive for the name $tandem.
//   {module, Name, Binary}, {module, Name, error}   the object code asked for by {'$tandem_get_module', Name}
//   {info, From, Ref}                               answered to From, a pid or an alias, by {Ref, Map}
//   {counters, From, Ref}                           answered to From by {Ref, Binary}: JSON
//   {attach, From, Ref, Pid, Names, Range}          answered by {Ref, ok}: that process serves as a host (dist/hosts.h)
//   {detach, Pid}                                   it does no longer
//   {stop, From, Ref}                               answered by {Ref, ok}; the engine ends
#ifndef TANDEM_MAIN_SYSTEM_H
#define TANDEM_MAIN_SYSTEM_H

// Fills the hooks of dist/control.h and code/module.h.
void system_messages_open(void);

#endif
