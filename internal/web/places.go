package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"ponte/internal/desk"
	"ponte/internal/flow"
)

// placesView is the developments, or what a search by number found.
type placesView struct {
	all    []flow.PlaceLine
	text   string
	found  []flow.UnitLine
	capped bool
}

const (
	// unitsAtOnce is a page of a block's units.
	unitsAtOnce = 100
	// foundUnits is how many a search shows.
	foundUnits = 200
)

// showPlaces is GET /cadastros: the developments, and units by number (q).
func (s *site) showPlaces(r *request) error {
	v := placesView{text: searchText(r.URL.Query())}
	var err error
	if v.all, err = s.flow.RegistryDevelopments(r.Context(), r.actor()); err != nil {
		return err
	}
	if v.found, err = s.flow.FindUnits(r.Context(), r.actor(), v.text, foundUnits+1); err != nil {
		return err
	}
	if v.capped = len(v.found) > foundUnits; v.capped {
		v.found = v.found[:foundUnits]
	}
	p := r.page(r.l.T("places.registry"), "cadastros")
	return r.show(http.StatusOK, placesPage(p, v))
}

// blocksView is a development.
type blocksView struct {
	flow.PlaceLine
	blocks []flow.PlaceLine
}

// showDevelopment is GET /cadastros/empreendimentos/{id}.
func (s *site) showDevelopment(r *request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	var v blocksView
	if v.PlaceLine, v.blocks, err = s.flow.RegistryBlocks(r.Context(), r.actor(), id); err != nil {
		return err
	}
	return r.show(http.StatusOK, blocksPage(r.registryPage(v.Name), v))
}

// showBlock is GET /cadastros/blocos/{id}; apos is the number behind which the page begins.
func (s *site) showBlock(r *request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	above := r.URL.Query().Get(afterParam)
	v, err := s.flow.RegistryUnits(r.Context(), r.actor(), id, above, unitsAtOnce)
	if err != nil {
		return err
	}
	p := r.registryPage(v.Name, crumb{v.DevelopmentName, developmentPath(v.DevelopmentID)})
	return r.show(http.StatusOK, blockPage(p, v, above != ""))
}

// refuseRegistry is POST /cadastros/...: whoever tries to change what the ERP owns is told where that is done.
func (s *site) refuseRegistry(r *request) error {
	if !r.actor().MayKeepRegistry() {
		return desk.Fail(desk.ErrForbidden)
	}
	return desk.Fail(desk.ErrOfTheERP)
}

func developmentPath(id int64) string {
	return fmt.Sprintf("%s/empreendimentos/%d", registryPath, id)
}

func blockPath(id int64) string { return fmt.Sprintf("%s/blocos/%d", registryPath, id) }

func blockPathAfter(id int64, above string) string {
	return blockPath(id) + "?" + url.Values{afterParam: {above}}.Encode()
}
