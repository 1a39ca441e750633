# METADATA
# title: Approvals
# description: Whether a second person approved exactly this call. The host binds approvals to the call; rules only check who.
package weir.lib.approval

import rego.v1

# METADATA
# description: True when an approval was given by someone other than the actor and other than who asked for it.
given if {
	input.kind == "tool-call"
	is_string(input.approval.by)
	is_string(input.approval.requestedBy)
	input.approval.by != input.actor.id
	input.approval.by != input.approval.requestedBy
}
