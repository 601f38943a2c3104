package mapping

import (
	"context"
	"slices"
	"time"

	"ponte/internal/desk"
)

// UnitLookUp asks the field's tool whether it knows a unit by the id that the registry has for it: a question that changes
// nothing. Presets have none, because no such method was seen.
type UnitLookUp struct {
	Note string `yaml:"observacao,omitempty"`
	// Call says what is sent: of the facts only the unit's, block's and development's are there.
	Call  `yaml:",inline"`
	Known string `yaml:"conhecida"`
	// Unknown must be said, not concluded: an answer that is neither leaves the id as it is, unchecked.
	Unknown string `yaml:"desconhecida"`
}

// NeedsUnitID says whether an order can't be opened for a unit without an id (S7): the call's row refuses to go without it.
func (c *Config) NeedsUnitID() bool {
	return c.Method.Sends() && slices.ContainsFunc(c.Integration.Points[desk.OpenOrder].Params, func(p Param) bool {
		return p.Field == "unidade.id_mobuss" && (p.Required || p.IfEmpty == EmptyRefuse)
	})
}

type unitLookUp struct {
	call           *call
	known, unknown *program
}

func (k *checker) unitLookUp(at string, cfg *UnitLookUp) *unitLookUp {
	if cfg == nil {
		return nil
	}
	// As of an opening: there is no order to refer to.
	return &unitLookUp{call: k.call(at, desk.OpenOrder, cfg.Call, true), known: k.rule(at+".conhecida", answerEnv(), cfg.Known, true),
		unknown: k.rule(at+".desconhecida", answerEnv(), cfg.Unknown, true)}
}

// AsksUnits says whether units can be looked up under this version.
func (c *Compiled) AsksUnits() bool { return c.unit != nil }

// UnitRequest is the question about a unit, ready to be sent; nil where there is none to ask. The error is a *Missing
// where a value is wanting.
func (c *Compiled) UnitRequest(f *Facts, refs Refs) (*Request, error) {
	if c.unit == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	z := freezer{ctx: ctx, facts: f, zone: f.Zone, inLookUp: true}
	if z.zone == nil {
		z.zone = time.UTC
	}
	call := z.call(c.unit.call)
	if len(z.missing.Values) > 0 {
		return nil, &z.missing
	}
	return (&Frozen{Call: call}).Bind(refs)
}

// UnitVerdict is what an answer says of a unit. Neither Known nor Unknown: nothing, and ReasonCode says why; Again then
// says that it is worth asking again later.
type UnitVerdict struct {
	Known, Unknown, Again bool
	ReasonCode            string
	ReasonArgs            map[string]any
	RetryAfter            time.Duration
}

// Reason is why, for whoever stores it.
func (v UnitVerdict) Reason() desk.Reason { return desk.Reason{Code: v.ReasonCode, Args: v.ReasonArgs} }

// JudgeUnit says what the answer to UnitRequest means. Both, or neither, is no answer.
func (c *Compiled) JudgeUnit(a *Answer) UnitVerdict {
	if c.unit == nil {
		return UnitVerdict{ReasonCode: ReasonUnclear, ReasonArgs: reason(a)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := judging{ctx, newView(a, c.unit.call.Answer, nil)}
	isFault := a.Status == 500 && j.fault != nil
	switch {
	case !isFault && (a.Status >= 500 || a.Status == 408 || a.Status == 429 || c.action(a.Status) == ActRetry):
		return UnitVerdict{Again: true, ReasonCode: ReasonHTTP, ReasonArgs: reason(a), RetryAfter: c.retryAfter(a)}
	case a.Status == 401 || a.Status == 403:
		return UnitVerdict{ReasonCode: ReasonCredential, ReasonArgs: reason(a)}
	case !j.readable:
		return UnitVerdict{ReasonCode: ReasonUnreadable, ReasonArgs: reason(a, "motivo", unreadableBecause(a))}
	}
	known, _ := j.truth(c.unit.known)
	unknown, _ := j.truth(c.unit.unknown)
	known, unknown = known && j.speaksOfFault(c.unit.known), unknown && j.speaksOfFault(c.unit.unknown)
	if known == unknown {
		return UnitVerdict{ReasonCode: ReasonUnclear, ReasonArgs: reason(a)}
	}
	return UnitVerdict{Known: known, Unknown: unknown}
}
