# METADATA
# title: Approvals
# description: Whether a second person approved exactly this call, and soon enough. The host binds approvals to the call; rules check who and when.
package weir.lib.approval

import rego.v1

# METADATA
# description: True when an approval, not too old, was given by someone other than the actor and other than who asked for it, or by them where data let them.
given if {
	input.kind in ["tool-call", "release"]
	are_two(input.approval.by, input.actor.id)
	are_two(input.approval.by, input.approval.requestedBy)
	fresh
}

given if {
	input.kind == "tool-call"
	input.approval.by == input.actor.id
	own
	fresh
}

# METADATA
# description: True when who asked for a call answers it, and data let them do that alone for this permission in this environment.
own if {
	is_string(input.approval.by)
	trim_space(input.approval.by) != ""
	input.approval.by == input.approval.requestedBy
	input.permission in data.weir.data.approvals.own[input.environment]
}

# METADATA
# description: True when both are names, of two people. Identity providers differ in case and white space of one person's name.
are_two(one, other) if {
	name := lower(trim_space(one))
	name != ""
	name != lower(trim_space(other))
}

# METADATA
# description: True when data give approvals of this permission no age of their own, or the call was held more recently than that.
fresh if not _has_limit

fresh if {
	is_number(input.approval.ageMs)
	input.approval.ageMs < _limit * 60000
}

_has_limit if is_number(_limit)

_limit := data.weir.data.approvals.max_age_minutes[input.permission]
