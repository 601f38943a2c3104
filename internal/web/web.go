package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
	"ponte/internal/i18n"
	"ponte/internal/probe"
)

// Options is what app supplies.
type Options struct {
	Flow *flow.Flow
	// Hub carries live news; flow's Changed publishes to it. Close it before the server shuts down.
	Hub *Hub
	// Passwords verifies; nil makes its own.
	Passwords *auth.Passwords
	// PublicURL is what browsers see, where a proxy stands between; empty: what the request says.
	PublicURL string
	// Secure marks cookies for HTTPS only. True wherever people come over HTTPS.
	Secure bool
	// Demo shows the demo's users on the sign-in page.
	Demo bool
	// Webservice is what there is to say of the programs' doors.
	Webservice Webservice
	// Probe asks an environment one question that changes nothing.
	Probe func(context.Context, desk.Actor, desk.Environment) (probe.Result, error)
	// Conformance makes runs through homologation; without it there is no such page.
	Conformance Conformance
	// Inbound is what the pages of received calls need of them.
	Inbound Inbound
	// Registry is what the pages of the registry need.
	Registry Registry
	// Reset is how people who lost their password come to a new one.
	Reset PasswordReset
	// SSO is the house's own provider, if there is one.
	SSO SSO
	// FormTime is how long a form may take to arrive; 0: a minute.
	FormTime time.Duration
	Log      *slog.Logger
}

// site is the pages over one flow.
type site struct {
	patterns    []string // every route there is
	flow        *flow.Flow
	hub         *Hub
	words       *i18n.Catalogues
	assets      *assets
	sessions    *scs.SessionManager
	passwords   *auth.Passwords
	reset       PasswordReset
	sso         SSO
	secure      bool
	demo        bool
	doors       Webservice
	inbound     Inbound
	registry    Registry
	conformance Conformance
	probe       func(context.Context, desk.Actor, desk.Environment) (probe.Result, error)
	formTime    time.Duration
	exports     chan struct{} // one for each file that is being made
	log         *slog.Logger
}

// New makes the pages. It answers every path that it is given, /static included. It panics if what is built into
// the binary is broken, which the tests exclude.
func New(o Options) http.Handler {
	words, err := i18n.Load()
	if err != nil {
		panic(err)
	}
	files, err := newAssets()
	if err != nil {
		panic(err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Passwords == nil {
		o.Passwords = auth.NewPasswords()
	}
	if o.Hub == nil {
		o.Hub = NewHub()
	}
	if o.FormTime == 0 {
		o.FormTime = formTime
	}
	s := &site{formTime: o.FormTime, exports: make(chan struct{}, exportsAtOnce), flow: o.Flow, hub: o.Hub, words: words, assets: files, passwords: o.Passwords,
		sessions: newSessions(o.Flow, o.Secure, o.Log), reset: o.Reset, sso: o.SSO,
		secure: o.Secure, demo: o.Demo, doors: o.Webservice, inbound: o.Inbound, registry: o.Registry, conformance: o.Conformance, probe: o.Probe, log: o.Log}
	pages := s.sessions.LoadAndSave(s.routes())
	mux := http.NewServeMux()
	mux.Handle("GET /static/", files)
	mux.Handle("/", s.sameOrigin(o.PublicURL, pages))
	return headers(mux, o.SSO)
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, do action) {
		s.patterns = append(s.patterns, pattern)
		mux.Handle(pattern, s.answer(do))
	}
	// Everything else is for those who have signed in.
	page := func(pattern string, do action) { open(pattern, signedIn(do)) }

	open("GET /entrar", s.showSignIn)
	open("POST /entrar", s.signIn)
	open("GET "+codePath, s.showCode)
	open("POST "+codePath, s.signInCode)
	open("GET "+ssoPath, s.beginSSO)
	open("GET "+ssoBackPath, s.finishSSO)
	open("GET "+askPath, s.showAsk)
	open("POST "+askPath, s.askReset)
	open("GET "+resetPath, s.showReset)
	open("POST "+resetPath, s.useReset)
	open("POST /sair", s.signOut)
	open("POST /aparencia", s.changeLook)

	page("GET /{$}", s.showPanel)
	page("GET /painel", s.showPanel)
	page("GET /busca", s.search)
	page("POST "+unsentPath, s.keepWriting)
	page("POST "+unsentPath+"/descartar", s.dropWriting)
	page("GET /ocorrencias", s.listOccurrences)
	page("GET "+boardPath, s.showBoard)
	page("GET /ocorrencias/{numero}/mover", s.showCardMove)
	page("POST /ocorrencias/{numero}/mover", s.moveCard)
	page("GET "+viewsPath, s.showViews)
	page("POST "+viewsPath, s.saveView)
	page("POST "+viewsPath+"/{id}/{ato}", s.changeView)
	page("GET "+exportPath, s.exportOccurrences)
	page("POST "+exportPath, s.exportDocuments)
	page("GET /ocorrencias/nova", s.showNewOccurrence)
	page("POST /ocorrencias/nova", s.openOccurrence)
	page("GET /ocorrencias/{numero}", s.showOccurrence)
	page("POST /ocorrencias/{numero}/movimentacoes", s.moveOccurrence)
	page("POST /ocorrencias/{numero}/documento", s.revealDocument)
	page("GET "+movesPath, s.showMoves)
	page("POST "+movesPath, s.chooseMoves)
	page("GET "+movesPath+"/contagem", s.countMoves)
	page("GET "+movesPath+"/{id}", s.showMove)
	page("GET "+movesPath+"/{id}/arquivo", s.exportMove)
	page("POST "+movesPath+"/{id}/{ato}", s.actOnMove)
	page("GET /unidades/{id}/pessoas", s.showUnitPeople)
	page("POST /unidades/{id}/pessoas", s.addUnitPerson)
	page("POST /unidades/{id}/pessoas/{prazo}/encerrar", s.endUnitPerson)
	page("POST /unidades/{id}/pessoas/{pessoa}/cartas", s.refuseLetters)
	page("GET "+lettersPath, s.listLetters)
	page("POST /ocorrencias/{numero}/cartas/{id}/reenviar", s.sendLetterAgain)
	page("GET "+letterSettingsPath, s.showLetterSettings)
	page("POST "+letterSettingsPath, s.saveLetterSettings)
	page("GET /ocorrencias/{numero}/corrigir", s.showCorrection)
	page("POST /ocorrencias/{numero}/corrigir", s.correct)
	page("GET /ocorrencias/{numero}/cancelar", s.showCancellation)
	page("POST /ocorrencias/{numero}/cancelar", s.cancel)
	page("GET /ocorrencias/{numero}/anexos/{id}", s.showFile)
	page("GET /ocorrencias/{numero}/anexos/{id}/miniatura", s.showThumbnail)
	page("GET "+pausePath, s.showPause)
	page("POST "+pausePath, s.askPaused)
	page("GET /integracao/envios", s.listDeliveries)
	page("GET /integracao/envios/contagem", s.countDeliveries)
	page("GET /integracao/envios/lote", s.showSentBulk)
	page("POST /integracao/envios/lote", s.startSentBulk)
	page("GET /integracao/envios/lote/{id}", s.showMany)
	page("POST /integracao/envios/lote/{id}/{ato}", s.actOnMany)
	page("GET /integracao/envios/{id}", s.showDelivery)
	page("POST /integracao/envios/{id}/confirmar", s.confirmDelivery)
	page("POST /integracao/envios/{id}/consultar", s.askDeliveryAgain)
	page("POST /integracao/envios/{id}/reenviar", s.resendDelivery)
	page("POST /integracao/envios/{id}/pular", s.skipDelivery)
	page("GET "+findingsPath, s.listFindings)
	page("GET "+findingsPath+"/contagem", s.countFindings)
	page("POST "+findingsPath+"/conferir", s.askReconcile)
	page("POST "+findingsPath+"/agenda", s.saveReconcile)
	page("GET "+findingsPath+"/lote", s.showFindBulk)
	page("POST "+findingsPath+"/lote", s.runFindBulk)
	page("GET "+findingsPath+"/{id}", s.showFinding)
	page("POST "+findingsPath+"/{id}/corrigir", s.mendFinding)
	page("POST "+findingsPath+"/{id}/reabrir", s.diffAgain)
	page("GET /integracao/recebimentos", s.listCalls)
	page("GET /integracao/recebimentos/contagem", s.countCalls)
	page("GET /integracao/recebimentos/lote", s.showBulk)
	page("POST /integracao/recebimentos/lote", s.runBulk)
	page("GET /integracao/recebimentos/{id}", s.showCall)
	page("POST /integracao/recebimentos/{id}/reenviar", s.replayCall)
	page("POST /integracao/recebimentos/{id}/atribuir", s.assignCall)
	page("POST /integracao/recebimentos/{id}/descartar", s.dismissCall)
	page("POST /integracao/recebimentos/{id}/reabrir", s.reopenCall)
	page("GET /conta", s.showAccount)
	page("POST /conta/senha", s.changePassword)
	page("POST /conta/sessoes", s.endOwnSessions)
	page("GET "+factorPath, s.showFactor)
	page("POST "+factorPath+"/{ato}", s.changeFactor)
	page("POST "+usersPath+"/segundo-fator", s.setFactorRoles)
	page("GET /parametrizacoes/usuarios", s.showUsers)
	page("POST /parametrizacoes/usuarios", s.addUser)
	page("GET /parametrizacoes/usuarios/{id}", s.showUser)
	page("POST /parametrizacoes/usuarios/{id}/{ato}", s.changeUser)
	page("GET "+alertsPath, s.showAlerts)
	page("POST "+alertsPath, s.saveAlerts)
	page("POST "+alertsPath+"/destinos", s.addReceiver)
	page("POST "+alertsPath+"/destinos/{id}/{ato}", s.changeReceiver)
	page("GET "+auditPath, s.showAudit)
	page("GET "+personsPath, s.showPersons)
	page("GET "+personsPath+"/{id}", s.showPerson)
	page("POST "+personsPath+"/{id}/{ato}", s.actOnPerson)
	page("GET "+auditPath+"/arquivo", s.downloadAudit)
	page("GET "+connectionPath, s.showConnection)
	page("POST "+connectionPath, s.saveConnection)
	page("POST "+connectionPath+"/credenciais", s.saveSecrets)
	page("POST "+connectionPath+"/teste", s.testConnection)
	page("GET "+connectionPath+"/predefinicao/{nome}", s.showPreset)
	page("POST "+connectionPath+"/predefinicao/{nome}", s.usePreset)
	page("GET "+statusesPath, s.listStatuses)
	page("GET "+personalPath, s.showPersonal)
	page("GET "+classesPath, s.showClasses)
	page("POST "+classesPath, s.startClasses)
	page("GET "+classesPath+"/{tipo}/{codigo}", s.showClass)
	page("POST "+classesPath+"/{tipo}/{codigo}", s.saveClass)
	page("GET "+cataloguePath, s.showCatalogue)
	page("POST "+cataloguePath, s.saveCatalogue)
	page("GET "+newStatusPath, s.showNewStatus)
	page("POST "+newStatusPath, s.addStatus)
	page("GET "+statusesPath+"/{codigo}/retirar", s.showRemoval)
	page("POST "+statusesPath+"/{codigo}/retirar", s.removeStatus)
	page("GET "+statusesPath+"/{codigo}", s.showStatus)
	page("POST "+statusesPath+"/{codigo}", s.saveStatus)
	page("GET "+statusesPath+"/{codigo}/integracao", s.showIntegration)
	page("POST "+statusesPath+"/{codigo}/integracao", s.saveIntegration)
	page("POST "+statusesPath+"/{codigo}/integracao/previa", s.previewIntegration)
	page("GET "+implementationPath, s.showImplementation)
	page("POST "+implementationPath+"/passos/{passo}", s.confirmStep)
	page("GET "+productionPath, s.showProduction)
	page("POST "+productionPath, s.saveProduction)
	page("POST "+productionPath+"/{ato}", s.switchEnvironment)
	page("GET "+conformancePath, s.showConformance)
	page("POST "+conformancePath, s.startConformance)
	page("GET "+conformancePath+"/{id}", s.showRun)
	page("POST "+conformancePath+"/{id}/interromper", s.stopConformance)
	page("POST "+conformancePath+"/{id}/assinar", s.signRun)
	page("POST "+statusesPath+"/{codigo}/integracao/testar", s.tryIntegration)
	page("GET "+versionsPath, s.showVersions)
	page("POST "+versionsPath+"/{numero}/restaurar", s.restoreVersion)
	page("GET "+versionsPath+"/{numero}/arquivo", s.downloadVersion)
	page("GET /parametrizacoes/webservice", s.showWebservice)
	page("POST /parametrizacoes/webservice/tokens", s.addToken)
	page("POST /parametrizacoes/webservice/tokens/{id}/{ato}", s.changeToken)
	page("POST /parametrizacoes/webservice/respostas/{operacao}", s.changeAnswer)
	page("GET /parametrizacoes/webservice/exemplo/{operacao}", s.showExample)
	page("GET "+sheetPath, s.showSheet)
	page("GET "+sheetPath+".pdf", s.showSheetPDF)
	page("GET "+tryPath, s.showTry)
	page("POST "+tryPath, s.tryOut)
	page("GET "+registryPath, s.showPlaces)
	page("POST "+registryPath+"/{resto...}", s.refuseRegistry)
	page("GET "+registryPath+"/empreendimentos/{id}", s.showDevelopment)
	page("GET "+registryPath+"/blocos/{id}", s.showBlock)
	page("GET "+importsPath, s.showImports)
	page("POST "+importsPath, s.takeSheets)
	page("GET "+importsPath+"/{id}", s.showImport)
	page("POST "+importsPath+"/{id}/{ato}", s.actOnImport)
	page("GET "+importsPath+"/{id}/recusadas/{n}", s.showRefused)
	page("GET "+unitsPath, s.showUnits)
	page("POST "+unitsPath, s.takeUnitList)
	page("GET "+unitsPath+"/{lista}", s.showUnitSheet)
	page("POST "+unitsPath+"/{ato}", s.lookUnits)
	page("GET /novidades", s.news)
	page("/", func(r *request) error { return notFound() })
	return mux
}

// sameOrigin refuses what another site makes a browser send (CSRF). The public address counts as our own, for
// proxies that don't pass the Host on.
func (s *site) sameOrigin(public string, next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(public); err == nil && u.Host != "" {
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			panic(fmt.Errorf("web: public URL %q: %w", public, err))
		}
	}
	guard.SetDenyHandler(s.sessions.LoadAndSave(s.answer(func(r *request) error { return errOtherSite() })))
	return guard.Handler(next)
}
