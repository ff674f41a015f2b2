// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// asyncPlugin lets every response wait for the next tick.
type asyncPlugin struct {
	types.DefaultPluginContext
	paused []uint32 // contexts of streams, in the order in which they came
}

func (*asyncPlugin) OnPluginStart(int) types.OnPluginStartStatus {
	check(proxywasm.SetTickPeriodMilliSeconds(200))
	return types.OnPluginStartStatusOK
}

func (p *asyncPlugin) OnTick() {
	paused := p.paused
	p.paused = nil
	for _, stream := range paused {
		check(proxywasm.SetEffectiveContext(stream))
		check(proxywasm.ResumeHttpResponse())
		proxywasm.LogInfo("resumed")
	}
}

func (p *asyncPlugin) NewHttpContext(id uint32) types.HttpContext {
	return &async{plugin: p, id: id}
}

type async struct {
	types.DefaultHttpContext
	plugin *asyncPlugin
	id     uint32
}

func (a *async) OnHttpResponseHeaders(int, bool) types.Action {
	a.plugin.paused = append(a.plugin.paused, a.id)
	return types.ActionPause
}

// OnHttpStreamDone forgets a stream that ended while it was paused.
func (a *async) OnHttpStreamDone() {
	a.plugin.paused = slices.DeleteFunc(a.plugin.paused, func(id uint32) bool { return id == a.id })
}
