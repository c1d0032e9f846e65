package value

// The functions here walk canonical JSON text, which is known to be valid, without building a tree.

// skipValue gives the end of the value that begins at s[i].
func skipValue(s string, i int) int {
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipContainer(s, i)
	}
	for i < len(s) && s[i] != ',' && s[i] != ']' && s[i] != '}' {
		i++
	}
	return i
}

func skipString(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipContainer(s string, i int) int {
	depth := 0
	for {
		switch s[i] {
		case '"':
			i = skipString(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

// eachElement calls visit with each element of an array until it returns false.
func eachElement(s string, visit func(element string) bool) {
	for i := 1; i < len(s) && s[i] != ']'; i++ {
		end := skipValue(s, i)
		if !visit(s[i:end]) {
			return
		}
		if i = end; s[i] == ']' {
			return
		}
	}
}

// eachMember calls visit with each quoted key and value of an object until it returns false.
func eachMember(s string, visit func(key, val string) bool) {
	for i := 1; i < len(s) && s[i] != '}'; i++ {
		colon := skipString(s, i)
		end := skipValue(s, colon+1)
		if !visit(s[i:colon], s[colon+1:end]) {
			return
		}
		if i = end; s[i] == '}' {
			return
		}
	}
}

func countElements(s string) int {
	n := 0
	eachElement(s, func(string) bool { n++; return true })
	return n
}

// lookup finds the value of a quoted canonical key.
func lookup(object, quoted string) (val string, ok bool) {
	eachMember(object, func(k, v string) bool {
		if k == quoted {
			val, ok = v, true
		}
		return !ok
	})
	return val, ok
}

// AppendStripped appends canonical JSON without the object members whose value is null, at every depth; elements of
// arrays stay.
func AppendStripped(dst []byte, s string) []byte {
	switch jsonRank(s) {
	case jsonObject:
		return appendStrippedObject(dst, s)
	case jsonArray:
		dst = append(dst, '[')
		eachElement(s, func(element string) bool {
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			dst = AppendStripped(dst, element)
			return true
		})
		return append(dst, ']')
	}
	return append(dst, s...)
}

func appendStrippedObject(dst []byte, s string) []byte {
	dst = append(dst, '{')
	eachMember(s, func(key, val string) bool {
		if val == "null" {
			return true
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(dst, key...), ':')
		dst = AppendStripped(dst, val)
		return true
	})
	return append(dst, '}')
}
