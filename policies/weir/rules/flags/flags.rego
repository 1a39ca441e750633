# METADATA
# title: Options that commands always have
# description: An option that a program is always started with, by environment and subcommand, from data.
package weir.rules.flags

import rego.v1

# METADATA
# title: Option added
# description: The command starts a program that data say always has an option, without it. The option is added to a model's call; elsewhere the call is denied with words that ask for it.
# custom:
#   short_name: flag_added
#   solution: Write the option yourself, in a command that starts this one program.
oblige contains {"rule": "flags.flag_added", "obligations": {"modify": [{"op": "add-flag", "flag": always.flag}]}} if {
	input.kind == "tool-call"
	some always in data.weir.data.flags.always
	input.environment in object.get(always, "environments", [input.environment])
	some program in input.command.programs
	program.name == always.program
	_concerns(always, program.argv)
	not _has(program.argv, always.flag)
}

# Anywhere: options may stand before a subcommand.
_concerns(always, argv) if {
	some word in argv
	word in always.subcommands
}

_concerns(always, _) if not always.subcommands

# At the end: before another option it may be taken back, and behind one it may be that one's value.
_has(argv, flag) if {
	argv[count(argv) - 1] == flag
	not "--" in argv
	not _may_take_next(argv[count(argv) - 2])
}

_may_take_next(word) if {
	startswith(word, "-")
	not contains(word, "=")
}
