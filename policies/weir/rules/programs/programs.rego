# METADATA
# title: Programs
# description: Which programs a command may start, per environment, from data.
package weir.rules.programs

import data.weir.lib.approval
import rego.v1

# METADATA
# title: Program forbidden
# description: The program changes privileges, the machine or the sandbox, and is never run.
# custom:
#   short_name: forbidden
#   solution: Leave it to a person on a machine of their own.
deny contains {"rule": "programs.forbidden", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some program in input.command.programs
	data.weir.data.programs.forbidden[program.name]
	reason := concat("", ["The program ", program.name, " is never run for an agent."])
	feedback := concat("", [reason, " Everything needed for the work runs without it; otherwise tell the user what to do by hand."])
}

# METADATA
# title: Network program
# description: The program speaks to the network, which a sandbox does not have.
# custom:
#   short_name: network
#   solution: Ask the user for the content, or to add the host to the list of addresses that may be fetched.
deny contains {"rule": "programs.network", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some program in input.command.programs
	data.weir.data.programs.network[program.name]
	reason := concat("", ["The program ", program.name, " speaks to the network."])
	feedback := concat("", [reason, " Commands have no network here. Work with what is in the workspace, or ask the user for the content."])
}

# METADATA
# title: Command speaks to the network
# description: The command as a whole would speak to the network for something else than packages or publishing.
# custom:
#   short_name: network_command
#   solution: Leave the network part out.
deny contains {"rule": "programs.network_command", "reason": "The command would speak to the network.", "feedback": "The command would speak to the network, which commands do not have here. Leave that part out."} if {
	input.kind == "tool-call"
	input.command.network == true
	not _network_is_granted_elsewhere
}

# METADATA
# title: Argument refused
# description: The argument makes a known program run other code, or write or read where it should not.
# custom:
#   short_name: argument
#   solution: Leave the argument out.
deny contains {"rule": "programs.argument", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some program in input.command.programs
	known := data.weir.data.programs.known[program.name]
	some i, argument in program.argv
	i > 0
	_refuses(program.argv, i, argument, known)
	reason := concat("", ["The argument ", argument, " makes ", program.name, " run or reach something else."])
	feedback := concat("", [reason, " Use ", program.name, " without it."])
}

# METADATA
# title: Unknown program needs a second person
# description: The program, its location or its subcommand is not on the list, and data queue unknown programs here.
# custom:
#   short_name: unknown_queued
#   solution: Use a program of the list, or wait for an approver.
pending contains {"rule": "programs.unknown_queued", "reason": reason, "feedback": feedback} if {
	some program in _unknown
	data.weir.data.programs.unknown[input.environment] == "queue"
	not approval.given
	reason := concat("", [concat(" ", array.slice(program.argv, 0, 2)), " is not on the list of programs for ", input.environment, "; a second person has to look at it."])
	feedback := concat("", [reason, " The call is queued. Prefer a usual tool (git, rg, sed, the project's own scripts), or go on with other work."])
}

# METADATA
# title: Unknown program
# description: The program, its location or its subcommand is not on the list, and data refuse unknown programs here.
# custom:
#   short_name: unknown
#   solution: Use a program of the list.
deny contains {"rule": "programs.unknown", "reason": reason, "feedback": feedback} if {
	some program in _unknown
	not _queue_unknown
	reason := concat("", [concat(" ", array.slice(program.argv, 0, 2)), " is not on the list of programs for ", input.environment, "."])
	feedback := concat("", [reason, " Use a usual reading tool instead."])
}

_network_is_granted_elsewhere if input.permission in ["dependency", "publish"]

_queue_unknown if data.weir.data.programs.unknown[input.environment] == "queue"

# The project's own test command, word for word, is what people configured: its program needs no list.
_unknown contains program if {
	input.kind == "tool-call"
	input.tool.name != "run-test"
	some program in input.command.programs
	not _usual(program)
}

_usual(program) if {
	known := data.weir.data.programs.known[program.name]
	_environment_fits(known)
	_location_fits(program)
	_subcommand_fits(program.argv, known)
} else if {
	not data.weir.data.programs.known[program.name]
	unlisted := data.weir.data.programs.unlisted
	input.environment in unlisted.environments
	program.argv[0] == program.name
	not contains(program.name, "/")
	program.argv[1] in unlisted.words
	not program.name in unlisted.except
	not _names_a_known(program)
	not _fetches(unlisted)
}

# What takes another program as its argument may start it.
_names_a_known(program) if {
	some i, argument in program.argv
	i > 1
	argument != "."
	_is_program(argument)
}

_is_program(name) if data.weir.data.programs.known[name]

_is_program(name) if data.weir.data.programs.forbidden[name]

_is_program(name) if data.weir.data.programs.network[name]

_fetches(unlisted) if {
	some program in input.command.programs
	program.name in unlisted.fetched_by
}

# Behind `else` it is asked only where it matters; a second definition would be asked always.
_environment_fits(known) if {
	not known.environments
} else if {
	input.environment in known.environments
}

# A name alone proves nothing: ./ls is whatever the agent wrote there.
_location_fits(program) if {
	program.argv[0] == program.name
} else if {
	some directory in data.weir.data.programs.directories
	startswith(program.argv[0], directory)
}

_subcommand_fits(argv, known) if {
	not known.subcommands
	not known.packages
} else if {
	known.packages
	_operands(argv, known)[0] in data.weir.data.programs.packages
} else if {
	argv[1] in known.subcommands
} else if {
	_is_leading(argv[1], known)
	_operands(argv, known)[0] in known.subcommands
}

_is_leading(argument, known) if argument in known.leading

_is_leading(argument, known) if argument in known.leading_values

_operands(argv, known) := [argument |
	some i, argument in argv
	i > 0
	not _is_leading(argument, known)
	not argv[i - 1] in object.get(known, "leading_values", [])
]

# Options are compared by their beginnings: most programs take them abbreviated or with the value attached.
_refuses(_, _, argument, known) if {
	startswith(argument, "-")
	some prefix in known.refuse
	startswith(argument, prefix)
	not _is_spared(argument, known)
}

_refuses(_, _, argument, known) if {
	some prefix in known.refuse_words
	startswith(argument, prefix)
}

# Behind the first operand the arguments are those of the script, not of its interpreter.
_refuses(argv, i, argument, known) if {
	startswith(argument, "-")
	some prefix in known.refuse_leading
	startswith(argument, prefix)
	every before in array.slice(argv, 1, i) {
		startswith(before, "-")
	}
}

# `--pretty=x` as `--pretty`.
_is_spared(argument, known) if split(argument, "=")[0] in known.spare
