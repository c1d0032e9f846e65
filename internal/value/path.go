package value

// Step is one step of a JSON path: a key, or an index where IsIndex (negative counts from the end).
type Step struct {
	Key     string
	Index   int
	IsIndex bool
}

// JSONPath follows steps from a JSON (or list) value. asText gives Text (->>), otherwise JSON (->). A miss is NULL,
// and so is ->> of JSON null. A key looks into objects only, an index into arrays only.
func JSONPath(v Value, steps []Step, asText bool) Value {
	if v.kind != JSON && !v.list {
		return Value{}
	}
	at := v.s
	for _, step := range steps {
		next, ok := follow(at, step)
		if !ok {
			return Value{}
		}
		at = next
	}
	if !asText {
		return OfJSON(at)
	}
	return jsonAsText(at)
}

func follow(s string, step Step) (string, bool) {
	if !step.IsIndex {
		if jsonRank(s) != jsonObject {
			return "", false
		}
		return lookup(s, string(AppendJSONString(nil, step.Key)))
	}
	if jsonRank(s) != jsonArray {
		return "", false
	}
	index := step.Index
	if index < 0 {
		index += countElements(s)
	}
	found, ok := "", false
	eachElement(s, func(element string) bool {
		if index == 0 {
			found, ok = element, true
		}
		index--
		return index >= 0
	})
	return found, ok
}

func jsonAsText(s string) Value {
	switch jsonRank(s) {
	case jsonNull:
		return Value{}
	case jsonText:
		return OfText(unquote(s))
	}
	return OfText(s)
}
