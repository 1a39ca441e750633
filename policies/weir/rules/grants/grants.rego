# METADATA
# title: Grants per role, permission and environment
# description: A tool call needs a grant for its own permission and for the permission of every path class it changes.
package weir.rules.grants

import data.weir.lib.approval
import data.weir.lib.grant
import rego.v1

# METADATA
# title: Permission not granted
# description: The role has no grant for a permission that this call needs in this environment.
# custom:
#   short_name: not_granted
#   solution: Ask for a role or environment in which the permission is granted, or leave this part out.
deny contains {"rule": "grants.not_granted", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some permission in _needed
	not _granted_or_queued(permission)
	reason := concat("", ["The role ", _text(input.actor.role), " has no grant for ", _text(permission), " in ", _text(input.environment), "."])
	feedback := concat("", [reason, " Do not try another way to the same end; explain to the user what would have to change, and go on with what is granted."])
}

# METADATA
# title: Permission needs a second person
# description: The grant for a permission that this call needs is `queue`, and nobody else has approved the call.
# custom:
#   short_name: needs_approval
#   solution: Wait until an approver has answered, then make the same call again.
pending contains {"rule": "grants.needs_approval", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	some permission in _needed
	grant.of(permission) == "queue"
	not approval.given
	reason := concat("", ["For the role ", input.actor.role, " the permission ", permission, " in ", input.environment, " needs a second person."])
	feedback := concat("", [reason, " The call is queued. Go on with other work; once it is approved, make exactly the same call again."])
}

# METADATA
# title: Permission granted
# description: Every permission that this call needs is granted.
# custom:
#   short_name: granted
#   solution: Nothing to do.
permit contains {"rule": "grants.granted", "reason": "Every permission this call needs is granted.", "feedback": ""} if {
	input.kind == "tool-call"
	count(_needed) > 0
	every permission in _needed {
		grant.of(permission) == "allow"
	}
}

# METADATA
# title: Approved by a second person
# description: Every permission that this call needs is granted or queued, and someone else approved exactly this call.
# custom:
#   short_name: approved
#   solution: Nothing to do.
permit contains {"rule": "grants.approved", "reason": "A second person approved this call.", "feedback": ""} if {
	approval.given
	count(_needed) > 0
	every permission in _needed {
		_granted_or_queued(permission)
	}
}

_needed contains input.permission

_needed contains data.weir.data.paths.needs[target.class] if {
	some target in input.targets
	target.access != "read"
}

_granted_or_queued(permission) if grant.of(permission) in ["allow", "queue"]

_text(value) := value if is_string(value)

_text(value) := "(none)" if not is_string(value)
