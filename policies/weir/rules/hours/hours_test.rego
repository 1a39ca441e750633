package weir.rules.hours_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.hours
import rego.v1

office := {"author": {"DEV": [{"days": ["mon", "tue"], "from": "08:00", "to": "12:00"}, {"days": ["mon"], "from": "13:00", "to": "24:00"}]}}

at(day, clock) := object.union(given.write("a.ts", "source"), {"time": {"day": day, "clock": clock}})

test_says_nothing_without_hours_in_the_data if {
	count(hours.deny) == 0 with input as given.write("a.ts", "source") with data.weir.data.hours as {"windows": {}}
	count(hours.deny) == 0 with input as given.write("a.ts", "source") with data.weir.data.hours as {}
}

test_lets_work_go_on_within_the_hours if {
	every moment in [["mon", "08:00"], ["tue", "11:59"], ["mon", "23:59"]] {
		count(hours.deny) == 0 with input as at(moment[0], moment[1]) with data.weir.data.hours.windows as office
	}
}

test_denies_outside_the_hours if {
	every moment in [["mon", "07:59"], ["mon", "12:00"], ["tue", "13:00"], ["sun", "10:00"], ["mon", null], ["mon", []], [null, "10:00"]] {
		given.ids(hours.deny) == {"hours.outside_hours"} with input as at(moment[0], moment[1]) with data.weir.data.hours.windows as office
	}
}

test_denies_when_the_time_is_not_known if {
	given.ids(hours.deny) == {"hours.outside_hours"} with input as given.write("a.ts", "source") with data.weir.data.hours.windows as office
	given.ids(hours.deny) == {"hours.outside_hours"} with input as object.remove(at("mon", "10:00"), ["time"]) with data.weir.data.hours.windows as office
}

test_a_role_without_any_hours_never_works if {
	given.ids(hours.deny) == {"hours.outside_hours"} with input as at("mon", "10:00") with data.weir.data.hours.windows as {"author": {"DEV": []}}
}

test_hours_of_everyone_hold_for_roles_without_their_own if {
	given.ids(hours.deny) == {"hours.outside_hours"} with input as at("sun", "10:00") with data.weir.data.hours.windows as {"*": office.author}
	count(hours.deny) == 0 with input as at("sun", "10:00") with data.weir.data.hours.windows as {"*": office.author, "author": {"DEV": [{"days": ["sun"], "from": "00:00", "to": "24:00"}]}}
}

test_another_environment_has_other_hours if {
	count(hours.deny) == 0 with input as object.union(at("sun", "10:00"), {"environment": "PROD"}) with data.weir.data.hours.windows as office
}

test_limits_sessions_models_and_releases_but_not_looking if {
	every asked in [given.empty, given.model(1), given.release("promote", [])] {
		given.ids(hours.deny) == {"hours.outside_hours"} with input as asked with data.weir.data.hours.windows as {"*": office.author}
	}
	every asked in [given.route("weir-audit"), given.approval("bob", "alice", "edit")] {
		count(hours.deny) == 0 with input as asked with data.weir.data.hours.windows as {"*": office.author}
	}
}
