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

_concerns(always, argv) if argv[1] in object.get(always, "subcommands", [argv[1]])

_concerns(always, argv) if {
	count(argv) == 1
	not always.subcommands
}

# Behind `--` it would be an operand.
_has(argv, flag) if {
	flag in argv
	not "--" in argv
}
