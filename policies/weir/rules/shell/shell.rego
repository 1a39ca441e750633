# METADATA
# title: Shell text
# description: A command that cannot be understood from its text, or that throws away what nothing keeps a copy of, is not run.
package weir.rules.shell

import rego.v1

# METADATA
# title: Opaque command
# description: Some part of the command could not be understood statically.
# custom:
#   short_name: opaque
#   solution: Write the command plainly, or put the code into a file of the workspace with the edit tool and run that file.
deny contains {"rule": "shell.opaque", "reason": reason, "feedback": feedback} if {
	input.kind == "tool-call"
	_opaque
	reason := concat("", ["The command cannot be understood from its text (", concat(", ", sort([problem | some problem in _problems])), ")."])
	feedback := concat("", [reason, " Rewrite it plainly: one simple command with literal arguments, without eval, encoded or piped code, inline interpreter code, injected environment variables or computed program names. Put longer code into a file of the workspace and run that file."])
}

# METADATA
# title: Command missing
# description: A shell call without facts about its command is not run.
# custom:
#   short_name: command_missing
#   solution: Give the command as text.
deny contains {"rule": "shell.command_missing", "reason": "There are no facts about this command.", "feedback": "Give the command as plain text."} if {
	input.kind == "tool-call"
	input.tool.name in ["run-shell", "run-test"]
	not _has_command
}

# METADATA
# title: Work lost
# description: A command may not throw away what nothing keeps a copy of, such as all uncommitted changes, a whole folder of source or tests, all files of a kind, or the data of a database.
# custom:
#   short_name: data_loss
#   solution: Name the single files or folders that are to go, or put the changes aside with git stash.
deny contains {"rule": "shell.data_loss", "reason": "The command would throw away work that nothing keeps a copy of.", "feedback": "The command would throw away work that nothing keeps a copy of: all uncommitted changes, a whole folder of source or tests, all files of a kind, or the data of a database. Put changes aside with git stash, restore or delete single files by name, or leave this to a person."} if {
	input.kind == "tool-call"
	"data-loss" in input.command.problems
}

# Behind a name: a negated expression over a missing field would be undefined, and the rule silent.
_has_command if is_object(input.command)

_opaque if input.command.opaque == true

_opaque if count(_problems) > 0

# What destroys is plain enough: shell.data_loss denies it, in words of its own.
_problems contains problem if {
	some problem in input.command.problems
	problem != "data-loss"
}
