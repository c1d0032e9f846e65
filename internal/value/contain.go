package value

// Contains is cs for two lists (set containment) or two JSON values (jsonb containment): a ⊇ b. NULL contains nothing.
func Contains(a, b Value) bool {
	if a.list && b.list {
		return supersetOf(elementSet(a.s), b.s)
	}
	if !isJSON(a) || !isJSON(b) {
		return false
	}
	ra, rb := jsonRank(a.s), jsonRank(b.s)
	if ra == jsonArray && rb < jsonArray { // the one special case, at the top level only: an array contains a scalar
		return elementSet(a.s)[b.s]
	}
	return jsonContains(a.s, b.s)
}

// Overlaps reports whether two lists share an element.
func Overlaps(a, b Value) bool {
	if !a.list || !b.list {
		return false
	}
	set, found := elementSet(a.s), false
	eachElement(b.s, func(element string) bool {
		found = set[element]
		return !found
	})
	return found
}

func isJSON(v Value) bool { return v.kind == JSON || v.list }

func elementSet(array string) map[string]bool {
	set := make(map[string]bool)
	eachElement(array, func(element string) bool { set[element] = true; return true })
	return set
}

func supersetOf(set map[string]bool, array string) bool {
	all := true
	eachElement(array, func(element string) bool {
		all = set[element]
		return all
	})
	return all
}

func jsonContains(a, b string) bool {
	ra, rb := jsonRank(a), jsonRank(b)
	switch {
	case ra != rb:
		return false
	case ra == jsonObject:
		return objectContains(a, b)
	case ra == jsonArray:
		return arrayContains(a, b)
	}
	return a == b
}

func objectContains(a, b string) bool {
	all := true
	eachMember(b, func(key, want string) bool {
		have, ok := lookup(a, key)
		all = ok && jsonContains(have, want)
		return all
	})
	return all
}

func arrayContains(a, b string) bool {
	set, all := elementSet(a), true
	eachElement(b, func(want string) bool {
		all = set[want] || jsonRank(want) >= jsonArray && someContains(a, want)
		return all
	})
	return all
}

func someContains(array, want string) bool {
	found := false
	eachElement(array, func(have string) bool {
		found = jsonContains(have, want)
		return !found
	})
	return found
}
