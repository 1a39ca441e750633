# METADATA
# title: Conflicts
# description: What a session made of a file may be put over what somebody else made of it meanwhile only if a second person says so.
package weir.rules.conflicts

import data.weir.lib.approval
import rego.v1

# METADATA
# title: Change over somebody else's
# description: Somebody else changed the path since this change was begun, and it would put their work aside.
# custom:
#   short_name: over_others
#   solution: Make the change again on what the project has now, or have a second person approve that it takes the place of the other.
pending contains {"rule": "conflicts.over_others", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	input.tool.native == "change-set"
	input.tool.args.conflict == true
	not approval.given
	reason := "Somebody else changed this path since; this change would put their work aside."
	feedback := concat("", [reason, " It is kept as a proposal. The workspace has their version now: make the change again on top of it."])
}
