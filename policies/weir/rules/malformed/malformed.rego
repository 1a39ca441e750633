# METADATA
# title: Malformed input
# description: Other rules may rely on the shape of their input only because this one denies every other shape.
package weir.rules.malformed

import rego.v1

# METADATA
# title: Input malformed
# description: A part of the input is missing or of the wrong type, so rules that negate could not be relied on.
# custom:
#   short_name: input_malformed
#   solution: Report it, this is a fault of the gateway.
deny contains {"rule": "malformed.input_malformed", "reason": "The question is not well formed.", "feedback": "This call could not be judged. Try a simpler one, and tell the user."} if {
	not _well_formed
}

_well_formed if {
	is_string(input.actor.id)
	is_string(input.actor.role)
	is_string(input.environment)
	is_array(input.targets)
	_parts_fit
}

_parts_fit if {
	input.kind == "tool-call"
	is_string(input.permission)
	is_string(input.tool.name)
	is_string(input.tool.native)
	_approval_fits
	_command_fits
	every target in input.targets {
		is_string(target.path)
		is_string(target.class)
		target.access in {"read", "write", "delete"}
	}
}

_parts_fit if {
	input.kind == "route"
	is_string(input.route.class)
}

_parts_fit if {
	input.kind == "model-request"
	is_string(input.model.provider)
	is_string(input.model.id)
}

_parts_fit if {
	input.kind == "approval"
	is_string(input.permission)
	is_object(input.approval)
}

_parts_fit if input.kind == "session"

_approval_fits if is_null(input.approval)

_approval_fits if is_object(input.approval)

_command_fits if is_null(input.command)

_command_fits if {
	is_boolean(input.command.opaque)
	is_boolean(input.command.network)
	is_array(input.command.problems)
	is_array(input.command.programs)
	every program in input.command.programs {
		is_string(program.name)
		count(program.argv) > 0
		every argument in program.argv {
			is_string(argument)
		}
	}
}
