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
	_parts_fit(input.kind)
}

_parts_fit("tool-call") if {
	is_string(input.permission)
	is_string(input.tool.name)
	is_string(input.tool.native)
	_approval_fits(input.approval)
	_command_fits(input.command)
	every target in input.targets {
		is_string(target.path)
		is_string(target.class)
		target.access in ["read", "write", "delete"]
	}
}

_parts_fit("route") if is_string(input.route.class)

_parts_fit("model-request") if {
	is_string(input.model.provider)
	is_string(input.model.id)
}

_parts_fit("approval") if {
	is_string(input.permission)
	is_object(input.approval)
}

_parts_fit("session")

_parts_fit("release") if {
	is_string(input.release.id)
	is_string(input.release.digest)
	is_string(input.release.madeBy)
	is_array(input.release.live)
	is_array(input.release.checks)
	input.release.action in ["create", "check", "promote", "rollback"]
	_approval_fits(input.approval)
}

_approval_fits(approval) if {
	is_null(approval)
} else if {
	is_object(approval)
}

_command_fits(command) if {
	is_null(command)
} else if {
	is_boolean(command.opaque)
	is_boolean(command.network)
	is_array(command.problems)
	is_array(command.programs)
	every program in command.programs {
		is_string(program.name)
		count(program.argv) > 0
		every argument in program.argv {
			is_string(argument)
		}
	}
}
