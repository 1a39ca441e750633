# METADATA
# title: Destructive commands
# description: Single files may be deleted where edits are granted; the whole workspace may not.
package weir.rules.destructive

import rego.v1

# METADATA
# title: Workspace wiped
# description: A call may not delete the workspace itself or everything in it.
# custom:
#   short_name: workspace_wiped
#   solution: Name the files or folders that are to go.
deny contains {"rule": "destructive.workspace_wiped", "reason": "The call would delete the whole workspace.", "feedback": "The call would delete the whole workspace. Name the single files or folders that are to go."} if {
	input.kind == "tool-call"
	some target in input.targets
	target.access == "delete"
	target.path in ["", ".", "./", "*", "./*", "**", ".*", "{*,.*}", "/workspace", "/workspace/*"]
}
