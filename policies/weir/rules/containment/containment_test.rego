package weir.rules.containment_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.containment
import rego.v1

bare(call, environment) := object.union(call, {"containment": "none", "environment": environment})

asked := [given.empty, given.read("src/a.ts", "source"), given.shell([["ls"]]), given.model(10)]

test_denies_test_and_prod_without_a_sandbox if {
	every environment in ["TEST", "PROD"] {
		every call in asked {
			given.ids(containment.deny) == {"containment.missing"} with input as bare(call, environment)
		}
	}
}

test_denies_everywhere_without_data if {
	given.ids(containment.deny) == {"containment.missing"} with input as bare(given.empty, "DEV") with data.weir.data.environments as {}
}

test_lets_dev_work_without_a_sandbox if {
	every call in asked {
		count(containment.deny) == 0 with input as bare(call, "DEV")
	}
}

test_says_nothing_with_a_sandbox if {
	every environment in ["DEV", "TEST", "PROD"] {
		every call in asked {
			count(containment.deny) == 0 with input as object.union(call, {"environment": environment})
		}
	}
}

test_says_nothing_of_what_starts_nothing if {
	every call in [given.route("read"), given.approval("b@acme.test", "a@acme.test", "edit"), given.release("promote", [])] {
		count(containment.deny) == 0 with input as bare(call, "PROD")
	}
}
