package olx

import (
	"slices"

	"lyceum/course"
)

func overlay(below, above []attr) []attr {
	out := slices.Clone(below)
	for _, a := range above {
		if i := slices.IndexFunc(out, func(x attr) bool { return x.name == a.name }); i >= 0 {
			out[i].value = a.value
		} else {
			out = append(out, a)
		}
	}
	return out
}

// settings sorts attributes into fields and side map, and lays policy.json over them.
func (b *branch) settings(blk *course.Block, attrs []attr, raw string) {
	schema := course.Schemas[blk.Type]
	pure := inlineKinds[blk.Type] || !known(blk.Type)
	isCourse := blk.Type == "course" || blk.Type == "library"
	fields, others := sortAttrs(schema, blk.Type, pure, attrs)
	key := blk.Type + "/" + raw
	if policy, ok := b.r.policy[key]; ok {
		b.r.policyUsed[key] = true
		for name, v := range policy {
			switch f, ok := schema.Field(name); {
			case ok:
				fields[name] = fromPolicy(f, v, pure)
			case isCourse:
				fields[name] = v
				delete(others, name)
			default:
				s, isText := textOf(v)
				if !isText {
					s = string(v)
				}
				others[name] = s
			}
		}
	}
	if len(fields) > 0 {
		blk.Fields = fields
	}
	if len(others) > 0 {
		blk.Attrs = others
	}
}

// sortAttrs tells the attributes that are fields from those nobody claims.
func sortAttrs(schema course.Schema, kind string, pure bool, attrs []attr) (fields course.Fields, others map[string]string) {
	isCourse := kind == "course" || kind == "library"
	fields, others = course.Fields{}, map[string]string{}
	_, titled := find(attrs, "display_name")
	for _, a := range attrs {
		if neverFields[a.name] || (isCourse && neverCourseFields[a.name]) || (a.name == "xblock-family" && a.value == "xblock.v1") {
			continue
		}
		name := a.name
		if name == "name" && !pure && !titled {
			name = "display_name"
		}
		if f, ok := schema.Field(name); ok {
			fields[name] = readAttr(f, a.value, pure)
		} else {
			others[name] = a.value
		}
	}
	return fields, others
}

func find(attrs []attr, name string) (string, bool) {
	for _, a := range attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}
