package capa

// checkExternal finds questions that were to be graded by a program at an address, which the platform gave up long ago: they can be read
// and not answered, see [Problem.Unavailable]. One that does not say what to send has no meaning at all.
func (p *Problem) checkExternal() error {
	for _, r := range p.responses {
		if r.kind.name != "externalresponse" || r.el.find("answer") != nil || p.code != "" {
			continue
		}
		return r.fault(ProblemFault, "LoncapaProblem Response %s: Missing answer script code for %[1]s\nSee XML source line %d", r.kind.name, r.el.line)
	}
	return nil
}
