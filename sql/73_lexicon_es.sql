-- The phrases of the lexicon in Spanish, and the words that their slots stand for; _learn() tells how they are written.

WITH slot (name, words) AS (VALUES
    ('SERVICIO', 'suscripcion*/subscripcion*/plan/planes/cuenta/cuentas/contrato/contratos/servicio/servicios/licencia/licencias/membresia/acuerdo/renovacion/herramienta/plataforma/producto/software/sistema/paquete/espacio/convenio/relacion/colaboracion/alianza/abono/solucion/usuarios/asientos/modulo/prueba'),
    ('QUERER', 'quier*/quer*/quisier*/necesit*/dese*/decid*/decision/pens*/piens*/plane*/vamos/voy/van/va/ire*/plante*/consider*/valor*/evalu*/intencion/prefer*/ped*/pid*/solicit*/favor/puede*/podr*/podemos/rog*/rueg*/exij*/tendr*/tenemos/tengo/toca/obligad*/acord*/gustaria/proced*/optado/resuelto/analiz*/contempl*/autoriz*/comunic*/inform*/avis*'),
    ('FACTURA', 'factura/facturas/facturacion/cobro/cobros/cargo/cargos/recibo/recibos/importe/monto/pago/pagos/precio/tarifa/cuota/total/cuenta/iva/impuesto/comision/mensualidad/estado/extracto/boleta/cfdi/debito/debitos/retencion'),
    ('COSA', 'panel/paneles/tablero*/pagina*/informe*/reporte*/sincroniz*/integracion*/app/aplicacion*/login/acceso/sso/api/webhook*/correo*/mail*/email*/notificacion*/alerta*/buscador/busqueda*/exportacion/importacion/datos/pantalla/sistema/plataforma/sitio/web/portal/herramienta/conector/servidor/boton/enlace/formulario/archivo*/registro*/cuenta/usuario*/grafica*/grafico*/calendario/servicio/software/filtro*/modulo/sesion/contrasena/link/conexion/lista*/programa/mapa'),
    ('ENTRAR', 'entr*/acced*/ingres*/abr*/inici*/conect*/guard*/carg*/descarg*/exportar*/importar*/subir/login/logue*/ver/usar*/trabaj*/envi*/mand*/edit*/crear/sincroniz*/generar/hacer/actualiz*/utiliz*/avanz*/oper*'),
    ('ANDAR', 'funcion*/carg*/abre*/sincroniz*/conect*/respond*/arranc*/anda*/jala*/sirve*/guarda*/envia*/lleg*/entra/entran/inicia*/actualiz*/descarg*/export*/deja/permit*/camin*/muestra*/aparec*/refresc*/sale*/arroj*/corre*/levant*/prend*/dispar*/figur*/marcha/dispar*/integra/contest*'),
    ('PROVEEDOR', 'proveedor*/herramienta*/plataforma*/solucion*/software*/producto*/opcion*/sistema*/empresa*/compania*/vendor*/marca*/firma*/aplicacion*/app*/servicio*/fabricante*/suite'),
    ('MIRAR', 'mir*/busc*/evalu*/compar*/consider*/prob*/prueba*/demo*/explor*/revis*/viendo/vemos/vimos/ver/visto/estudi*/analiz*/cambi*/migr*/pas*/reemplaz*/sustitu*/habl*/reun*/contact*/cotiz*/presupuest*/ofrec*/oferta*/propuesta*/propus*/present*/mostr*/ensen*/vayamos/ir/irnos/vamos/optar/elegi*/contrat*/firm*/barat*/econom*/llam*/visit*/invit*/valor*/sond*/tante*/acerc*/finalista*/piloto/muestr*'),
    ('NAME', 'xname'),
    ('RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot'),
    ('SOPORTE', 'soporte/servicio/atencion/equipo/asesor*/ejecutiv*/consultor*/agente*/tecnico*/gerente/empresa/compania/producto/herramienta/plataforma/documentacion/capacitacion/formacion/implementacion/implantacion/interfaz/comunicacion/trato/calidad/experiencia/respuesta/instructor*/software/seguimiento/gestion/mesa/version')
), part (class, severity, weight, phrases) AS (VALUES
    -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
    ('cancellation', 'high', 0.9, 'cancel*/anul*/rescind*/suspend* .. SERVICIO
QUERER .. cancel*/anul*/rescindir/prescindir/desuscri*/rescision/desafili*
como/donde/pasos/proceso/tramite/forma/manera .. cancelo/cancelar/cancelamos/cancela/baja/desuscribir*/terminar/rescindir/salir*
cancelaremos/cancelen/cancelenl*/cancelenme/cancelarlo/cancelarla .. todo/mes/ya/plan/por/antes
carta/solicitud/formulario/clausula .. cancelacion/baja/salida/rescision
confirm*/solicit*/pedi*/inici*/tramit*/gestion* .. cancelacion/baja
dar*/damos/doy/den/dan/denos/dennos/deme/denme/dado/demos/dando/daremos/darle/darlo/darnos/darme/causar .. de baja
me/nos .. doy/damos/den/daremos baja
carta/comunic*/notific*/tramitar .. baja
rescision/rescind*/desuscri*/prescindir/desistir/desistimos
resolver/resolucion/termino/terminacion/conclusion/finalizacion .. contrato/acuerdo/servicio/relacion/convenio/anticipad*
terminar/finalizar/terminamos/finalizamos/terminada/acabar/acabamos/concluir/concluimos/romper/disolver/cortar .. contrato/servicio/acuerdo/relacion/suscripcion/convenio/todo/colaboracion
dar/daremos/damos/darle/darlo/dando .. terminad*/finalizad*/termino/concluid*
poner/ponemos/pondremos/ponerle/poniendo .. fin/punto
cierro/cerrar/cierren/cerramos/cierre/cerrarla/cerraremos .. cuenta/espacio/suscripcion/contrato
desactiv*/elimin*/borr*/cierren/desconect*/apag* .. cuenta/espacio/perfil/entorno/usuario
QUERER .. irnos/irme/dejar/dejarlo/dejarla/dejarlos/marcharnos/retirarnos/marcharme/abandonar
quiero/queremos/quiere/quieren/deseamos/decidimos/pensamos/pensando salir/salirnos/salirme/bajarnos/bajarme
dejar/dejamos/dejaremos/abandonar/abandonamos/soltar/botar/tirar .. plataforma/herramienta/servicio/contrato/producto/software/sistema/programa/barco
desactiv*/detener/detengan/quitar/anular/evit*/frenar/impid*/asegur*/bloquear .. renovacion/renueve
no .. renueve/renueven/renovacion .. automatic*/sola
borren/eliminen/borrar/eliminar .. todos/mis/nuestros .. datos
parar/pausar/frenar/pausen/detener .. contrato/suscripcion/plan/servicio/renovacion
lo primero .. va/cae/sale
no .. mantener .. SERVICIO
no nos/me vemos/veo .. con/ustedes/ano/despues
no .. se .. convierta/convierte
antes .. se .. convierta
decision .. final/tomada/firme/irse/irnos
ya .. es .. un hecho
dar/damos/doy/dar/daremos/demos por cerrad*/terminad*/finalizad*/concluid*
nos vamos/iremos/bajamos/marchamos/retiramos/iriamos/largamos/bajaremos
me voy/bajo/salgo/largo
ultimo/ultima mes/ano/trimestre/factura/contrato/renovacion .. con ustedes/vosotros
ultimo/ultima mes/ano/trimestre/renovacion .. con
nuestro ultimo .. mes/ano/trimestre
renov*/continuidad/seguir & dud*/replante*/reconsider*/peligra/veremos
seguir .. con ustedes & no/dudo/dudamos/se/pensando
como .. me/nos .. libr*
safar*/zafar*
solicitud/carta .. salida
de/la/una/mi/nuestra baja .. contrato/cuenta/servicio/suscripcion/plan/definitiva/anticipada/efectiva/inmediata/preaviso/dias
ya no .. necesitamos/necesitaremos/necesitar/usamos/usaremos/queremos/utilizamos/seguimos/interesa/uso/usa/contar*/falta/requerimos/utiliza/seguiremos/quiero/ocupamos/seremos/estemos/estaremos
van/vais/pueden .. perder*/perdernos .. cliente/como
nos .. pierden
no .. dio/dieron/dar .. luz verde
devolvemos/devuelvo/devolveremos/entregamos .. licencias .. fin/luego/cuando
no .. qued*/paso/entro .. lista/corte/presupuesto
quiero/quiere/quieren/queremos salir*/irse
no/sin .. pagar .. otro ano
hasta .. que/cuando .. fecha/dia .. avis*/cancel*/salir
no .. estemos/estaremos/estare/seguimos/sigamos .. ano/ustedes/proximo
por favor/terminen/finalicen/acaben .. nuestro/la/el plan/suscripcion/contrato .. dia
terminen/finalicen/acaben .. plan/suscripcion/contrato
borrar/borren/eliminar .. nuestros datos
pueden .. borrar/eliminar .. datos
si .. vamos/voy/salimos/retiramos .. antes
me voy/salgo .. antes/sin
quiero salir antes
quiero .. salir .. antes
de/del contrato/plataforma salirnos/salirme
salir* .. contrato
sinceramente/si/entonces/viernes/arregl* & cancelamos/cancelaremos
nos .. queremos/vamos .. ir/marchar
no .. podemos/puedo .. seguir .. con/pagando/asi .. ustedes/precio
luego/despues devolvemos .. licencias
no .. tenemos/tengo .. intencion/interes .. renovar/prorrogar/continuar/extender/seguir
nos .. pasamos .. a .. RIVAL
nosotros/viernes/sinceramente/si .. cancelamos
cancelamos .. todo/ya/el/la .. contrato/servicio/suscripcion/plan/mes
den/dar/damos/doy/dan por .. terminad*/finalizad*/cerrad*/concluid*
por terminad*/finalizad*/cerrad* .. cuenta/contrato/relacion/servicio
decir/digo/decimos .. que .. no .. otro .. ano
no .. a .. otro ano
si .. no .. mejora*/arregl*/resuelv*/cambia* & vamos/iremos/cancel*/baja/dejamos/marcharemos
tiene sentido .. seguir/continuar/renovar
si .. sentido .. seguir/continuar/renovar
aviso/notificacion/carta .. terminacion/rescision/termino/salida
preparar/prepare/preparando/planear/organizar .. salida
no ampliar
pens* .. dejarlo/dejarla/dejar/salir
decid* .. no .. ampliar/extender/seguir/renovar/continuar
devolver/devolvemos .. licencias
pensando/evaluando/decidiendo/discutiendo/viendo .. si .. mantener/seguir/continuar/renovar/seguimos
proyecto .. paro/cancelo/cerro/suspend* & licencias/contrato/herramienta/suscripcion'),
    -- Not going on.
    ('cancellation', 'high', 0.9, 'no/ni/tampoco/sin/contra .. renov*/renuev*/prorrog*/extender/ampliar/ampliaremos/prolong*/extenderemos
no .. firm* .. otro/nuev*/mas/ano
no .. pas*/seguir/continuar de .. prueba/piloto
no .. vamos/voy/queremos/creo/creemos a/que .. firmar/firmemos/contratar/comprar/repetir
contrato/suscripcion/licencia .. no .. renueva/renueve/prorroga/continua/renovado/continue/extienda
vamos/queremos/podemos/quiero/voy/decision/decidido/decidimos/pensando/preferimos/valorando/considerando .. no .. continuar/seguir/renovar/quedar*
no .. vamos/queremos/quiero/voy/podemos/creo/creemos/podremos .. continuar/seguir/sigamos/continuemos
no .. interesa/desea*/quer* .. seguir/continuar/renovar
no continuaremos/continuamos/seguiremos/seguimos/contrataremos/continuar/sigamos/continuemos
no .. hace*/haran falta/mas .. sistema/herramienta/servicio/licencias/plataforma/mas
no .. contar* .. con .. ustedes/vosotros/servicio/su
no .. necesit*/requer*/usaremos/utilizaremos .. licencia*/herramienta/servicio/plataforma/mas
dud* .. renov*/firm*/segu*/contin*/qued*/sigamos/renueve*
planteando*/planteamos/replante*/cuestion*/reconsider*/valorando/pensando .. si .. seguir/renovar/continuar/seguimos/quedarnos/renovamos/compensa/merece/vale
replante*/reconsider* .. contrato/relacion/continuidad/renovacion/servicio/suscripcion
razon/motivo/sentido .. seguir/quedar*/renovar/continuar/quedarme
no .. tiene/veo/vemos/encuentro sentido .. seguir/renovar/pagar/continuar
no .. aprob*/autoriz* .. renovacion/presupuesto/ano/otro
no .. pag*/gastar .. otro/mas ano/mes
dejar/dejamos/dejaremos de .. usar*/utilizar*/pagar/trabajar/ser
deja*/dejen/permit* .. caducar/vencer/expirar/caduque/venza/expire
suscripcion/contrato/licencia/plan .. caduque/venza/expire/muera
no .. nos .. vamos
irnos/irse/irme/salir/salirme/salirnos/sal/saldr* .. antes .. de/tiempo/plazo/vencimiento
salir*/salgo .. contrato/acuerdo/permanencia/compromiso/plataforma/servicio
plazo/periodo/dias .. preaviso
preaviso
anticipacion/antelacion & terminar/rescindir/cancelar/avisar/baja/salir
penalizacion/penalidad/multa/penalty/cargo/costo .. contrato/cancelar/salir*/irse/irnos/vamos/rescindir/terminar/anticipad*/baja
clausula/proceso/plan/condiciones .. salida/permanencia
permanencia .. contrato/cuanto/queda/cuando
quitennos/saquennos/quitenos/saquenos/borrennos
inclin* .. no
hasta aqui .. llegamos/llegue/llego
lo dejamos/dejo/dejaremos
buscar*/buscando/buscaremos .. otro/otra .. lado/parte
tirar .. toalla
cambiar .. aires
decir/decirles/despedirnos adios/despedirnos
llevar*/llevamos .. negocio/cuenta .. parte/lado
mejor .. sin .. ustedes/herramienta/plataforma
desvincul*/desvinculacion
prescind*
cerrar .. con ustedes
recort*/ahorr* .. herramienta*/licencia*/suscripcion*/software/contrato'),
    ('cancellation', 'medium', 0.35, 'baja
cancel*
recortar/recorte/recortes/recorte*
penalizacion
irnos/dejarlo
presupuesto & cerr*/recort*/sin/agot*/falta
fin .. contrato
no .. ano
marcharnos
ahorrar
seguir .. con ustedes
mantener .. suscripcion/contrato
malas noticias
no .. convenc*
nadie .. usa'),
    ('cancellation', 'low', 0, 'cancel*/suspend*/anul* .. reunion*/llamada*/cita/vuelo*/sala/sesion*/peticion/solicitud/taller/reserva/invitacion/demo/tarea/pedido/evento/viaje/formacion/visita/ticket/inscripcion/registro/informe/reporte/exportacion/importacion/webinar/clase/curso/capacitacion/cena/comida/hotel/entrenamiento/junta/encuesta/campana/envio/correo/recordatorio/videollamada/turno/lunes/martes/miercoles/jueves/viernes/boton/carga/proceso/orden/asistencia/plaza
reunion/llamada/cita/vuelo/evento/junta/formacion/taller/webinar/sesion/pedido .. cancel*
no .. quier*/queremos/pensamos/pensando/vamos/voy/tenemos/estamos/pienso/pretend* .. cancelar/irnos/irme/dejar/salir/baja/darnos
ningun*/sin .. intencion/plan/interes .. cancelar/irnos/dejar/salir
quien .. cancelo
no vamos .. cancelar
dejar/dejo/dejen/dejamos .. mensaje/comentario/nota/abierto/pendiente/asi/constancia/recado/copia
baja/de .. medica/maternidad/paternidad/vacaciones/enfermedad
estoy/esta/sigue/voy/he .. de baja .. hasta/medica/por
cerrar .. sesion/ticket/caso/venta/acuerdo/incidencia/trato
mas baja
no lo/la/los/las necesit*
si/cuando/aunque/porque un/una/el/la/mi/mis/los/nuestros/alguno cliente*/usuario/cuenta/contacto .. cancel*/deja/baja/va/quiere/abandon*/renueva
un/mi/mis/nuestro/nuestros/los/del/unos/que cliente/clientes .. cancel*/deja*/baja*/irse/quier*/abandon*/pien*/renuev*/renov*/mio/nuestro/nuestros
cliente/clientes .. nuestro/nuestra/nuestros/mio .. cancel*/deja*/irse/quier*/abandon*
clientes .. cancel*/dejan/abandonan/baja
empleado/usuario/companer*/colaborador/administrador .. baja/dej*/se/fue/salio/va
dar/damos/dimos .. de baja .. usuario*/contacto/empleado/companero/licencias
nos vamos a/de/al .. reunir/ver/feria/vacaciones/congreso/evento/viaje/puente
nos vamos .. poniendo/entendiendo/viendo/hablando
nos vemos
como .. cancelo .. un/una
aunque/pero/despues cancelamos .. en
renueva .. automatic* .. o
cancelar .. usuario
borrar/eliminar/desactivar .. cuenta/usuario .. prueba/test/duplicad*/antigu*
cuenta .. prueba
bajo/bajaron .. cuentas/puntaje/score
di/dimos .. de baja .. y
licencias .. dimos .. baja
si .. cancelamos .. pierd*/datos
nos .. queremos .. ir .. cena
politica .. cancelacion
aunque .. cancel*
cobr* .. aunque/despues/tras
gastos .. congel*
nuestro propio .. cancelacion
dejo/deja/dejare .. empresa/trabajo/compania/puesto/equipo
di/dimos de baja
aviso/avis*/alert* .. cuando'),
    ('cancellation', 'low', -1, 'cambiamos .. de opinion
decidimos/decidido .. quedarnos/seguir .. con'),
    -- Complaint: words that are one by themselves.
    ('complaint', 'medium', 0.9, 'decepcion*/desilusion*/defraud*
inaceptable*/inadmisible*/intolerable*/indignante*/lamentable*/vergonzos*/bochornos*/impresentable*/vergonzante*/insolit*/inaudit*/insoportable*/inconcebible*/insultante/humillante/injustificable
descontent*/insatisfech*/disgustad*/insatisfaccion/inconform*/disconform*/descontento
no .. content*/satisfech*/conform*/feliz/felices/complacid*
frustra*/exasper*/irrita*/fastidi*/indign*
pesim*/horrible*/terrible*/fatal*/nefast*/deplorable*/horror*/desastros*/asco/asqueros*/malisim*/patetic*/mediocre*/penos*/cutre/deficiente*/espantos*/catastrof*/porqueria/basura/mierda/birria
inutil/inutiles/incompet*/inept*/negligen*/chapuz*/chapucer*/improvis*
no .. sirve/sirven .. nada/para
no .. vale .. pena/pagamos/pago/cuesta/nada
ridicul*/absurd*/verguenza/desastre/caos/caotic*/burla/broma/tomadura/chiste/estafa*/fraude/pesadilla/desorden/cachondeo/despelote/quilombo/desmadre/joda
engan*/mentira*/mintier*/mienten
maleducad*/groser*/prepotente*/antipatic*/despectiv*/irrespetuos*/arrogante*/borde/soberbi*/desagradable*
falta .. respeto/educacion/seriedad/profesional*/consideracion/comunicacion/interes/transparencia/empatia/responsabilidad/compromiso/seguimiento/respuesta
poco/nada profesional/seri*/intuitiv*/clar*/amable/util
confus*/engorros*/enrevesad*/complicadisim*/tosc*/incomod*
perdida/perdiendo/perder/perdido .. tiempo/dinero/confianza/paciencia/horas
pierdo/perdi/perdimos/agot*/acaba*/colma*/pierde*/colmo .. paciencia/confianza/tiempo
hart*/cansad*/aburrid*/podrid*/hasta la .. de/que/madre/coronilla/narices
cans* .. mucho/ya/de
desesper*
furios*/enfadad*/enojad*/indignad*/cabread*/encabron*/emputad*/rabia
muy/bastante/realmente/tan/estoy/estamos/super/sumamente/algo molest*/mal/mala/malo/triste/preocupad*/malos/malas
molest* .. con/por/que
queja/reclamacion/reclamo formal/sobre/contra/respecto
presentar/poner/interponer/hacer/elevar .. queja/reclamacion/reclamo
presentar/poner/interponer/hacer/tengo/elevar/formal/manifestar/expresar .. queja/reclamacion/reclamo/inconformidad/malestar/descontento
malestar
quiero/quisiera/vengo/escribo/necesito/debo .. quejarme/quejarnos/reclamar
cuantas veces
cuanto .. mas/tiempo .. esperar/tengo/debo/hay/vamos/falta
cuanto tardan .. contestar/responder/resolver/arreglar
no .. es/parece/resulta .. aceptable/admisible/tolerable/normal/serio/justo/logico/correcto/profesional
no .. de recibo
quien .. disen*/hizo .. nunca/esto/no
dijeron/dijiste/dijo .. que .. salia/estaria/tendria/iba/en/para & y/estamos/seguimos/nada/aun/todavia
por que .. tan .. dificil/complicado/lento/mal
dificil hablar/contactar/comunicar*/localizar
calidad .. baj*/empeor*/cai*/pesim*/deterior*
bajo/bajado/caido mucho/muchisimo/bastante
solo .. importamos/llaman/escriben/aparecen/interesa .. cuando/para
minutos tarde
lleg* .. tarde
oportunidad* .. arregl*/soluc*
puro/puros/pura .. cuento/promesas/excusas
promet* .. y/pero .. no/nada/nunca/nadie/sigue
promet* .. llamar*/respond*/soluc*/funcion*/fecha/capacit* & no/nunca/nadie/nada
nunca .. llam*/respond*/contest*/cumpl*/aparec*/solucion*/resuelv*/avis*
una y otra vez .. lo/mismo/que
otra vez .. lo/el mismo
cerr* .. ticket/caso .. sin
alguien .. cerro .. ticket/caso/sin
tratan/tratado/tratan/trata .. como/si
de que sirve
para que .. sirve/tener/pago/pagamos
mal gusto
anunci*/vend*/promet* .. no .. exist*
no .. exist* .. funcion*
no .. tiene .. nada .. ver
mil/cien/muchas/varias/tantas veces
no .. puedo/podemos/puede decir .. content*/encantad*/feliz/satisfech*/ideal
sin .. agenda/preparacion/avance/avances/resultados
no .. ningun* .. avance/progreso/resultado/mejora
flojo/floja/pobre/decepcion/tibi*
francamente/sinceramente .. mal/flojo/pobre/esperaba*/no
desamparad*/desatendid*/abandonad*
pregunt* .. hace .. dias/semanas
hace .. dias/semanas/meses .. y .. nada/nadie/no/sigo
equivocad* .. respuesta
respuesta .. equivocad*/inutil*/no .. sirve
colmo
me/nos/estan .. tomando .. pelo
dan/dando/damos largas
asi no .. se .. trata
demasiado lent*
estamos/sentimos/dejan/dejado/dejaron solos/solas
vueltas .. con
no .. puede .. seguir asi
nada que ver .. pregunt*/con lo/duda
link/enlace/articulo/respuesta .. nada .. ver
no .. ha/han pasado nada
no .. mejoro/mejorado/cambiado .. nada
pedi/pedimos/solicit*/esper* .. desde .. enero/febrero/marzo/abril/mayo/junio/hace & nada/nadie/no/todavia
a las carreras
nadie .. entendio/entiende
no .. toma*/toman .. en serio
en serio .. no/clientes
increible .. que
lentitud .. atienden/responden/soporte/respuesta/solicitudes/ustedes/con
muy decepcionad*
ustedes/nadie/soporte/equipo/ni/siquiera/nunca/me/nos .. no .. respond*
no me/nos .. respond*/contest*
no .. deberia*/puede .. tomar/tardar/ser/pasar/costar/tener/llevar/ocurrir
paciencia & agot*/acab*/limite/fin/perd*/poca/colm*
documentacion/manual .. desactualizad*/incomplet*/obsolet*/mal/pobre/no/ni
mas .. errores/problemas/fallos/bugs/trabajo/dudas que
nadie .. prob*/revis*/pens*/penso/comprob*
lo mismo .. a/agentes/personas/veces/siempre/tres/cuatro/distint*/diferent*
explic*/dicho/repet* .. mismo .. a/tres/cuatro/veces/distint*
por que .. tengo/tenemos/hay/debemos/siempre .. que
poco fiable/confiable/serio/claro/util/amable
inestable/inestables/desorganizad*/injust*/indiferen*/desinteres*/descuid*
no .. entiendo/entendemos/comprendo .. como/por que
no .. ayud* .. nada/mucho/en
ni .. una disculpa/explicacion/llamada/respuesta
ni .. siquiera
no .. podemos/puedo confiar/fiar*/depender
no .. recomend*
dificil .. confiar/creer/recomendar
demasiad* .. tiempo/lento/complicado/complejo/espera/vueltas/errores
pesado/pesada .. usar
nos/me .. sent* .. mal/tratad*/abandon*/engan*/ignor*/solos
poc* .. ayuda/apoyo/interes/comunicacion/seguimiento/claridad
otro error/fallo .. asi
nadie & devolv*/llam*/contest*/respond* & promet*/aunque/todavia/aun/dias/semanas
no .. les/os .. importamos
no .. importa* .. clientes
complican .. simple/facil/tanto
otra semana/mes/dia .. sin
sin .. reaccion/avance/avances/mejora/movimiento .. de/desde
promet* & nunca
nunca se .. hizo/dio/realizo
en espera .. hora/horas/minutos
hora/horas .. en espera'),
    ('complaint', 'medium', 0.9, 'deja* .. mucho .. desear
debajo .. esperado/expectativas/esperabamos/nivel
no .. altura/expectativas/nivel/esperado
lejos .. prometido/esperado/ideal/ser
esperaba*/esperabamos/merec* .. mas/mejor/bastante/otra
no .. lo que .. vendieron/prometieron/acordamos/esperabamos/dijeron/vendio/prometido/contratamos/pagamos/vendieron
no .. entregado/entregaron/cumpl*
incumpl*
nadie .. contest*/respond*/ayud*/llam*/atiend*/escucha/conoce/sabe/explic*/lee/solucion*/resuelv*/resolv*/da/responsabil*/cargo/entienda/entiende/cara/dice/importa/dijo/coge/atend*/inform*/llamo
alguien .. escucha/lee/ahi/responde/contesta/trabaja/vivo/vive/atiende
hay .. alguien .. ahi
sin .. respuesta/contestar/contestacion/responder/noticias/solucion/resolver/atender/explicacion/novedad*/seguimiento
no .. contesta*/contesto/solucion*/resuelv*/noticias/atiend*/resolv*/coge/contestacion/resuelto
ni/cero .. respuesta/correo/llamada/comunicacion/disculpa/explicacion/caso/solucion/interes/empatia
ni siquiera/caso
sigo/seguimos/sigue/seguir/llevo/llevamos/aun/todavia/continuo .. esperando/espera
esperando .. respuesta/solucion/noticias/semanas/meses/dias/desde
llevo/llevamos/lleva/hace/llevan .. semanas/dias/meses & esperando/nadie/abierto/ticket/respuesta/mismo/detras/pidiendo/escribiendo/reclamando/espero/contest*/respond*
llevo/llevamos .. detras/pidiendo/reclamando/insistiendo/intentando
tarda*/demor*/tardan .. dias/semanas/meses/responder/contestar/quince/siglos/eternidad
hasta cuando
segunda/tercera/cuarta/quinta/enesima/decima/sexta vez/ocasion/mensaje/correo/semana/solicitud
veces .. escrit*/escrib*/ped*/llam*/dicho/dije/explic*/report*/reclam*/ya/avis*/mism*/cambi*
escrib*/escrit*/ped*/llam*/dije/dicho/explic*/report*/reclam*/avis*/pregunt* .. veces/vez/nadie/nada
respuesta*/mensaje*/correo* .. automatic*/generic*/copiad*/robot/plantilla/enlatad*
de un lado .. otro
peloteo/pelota*/pelotean*/marean*/mareando*/rebot*/derivan/bolita .. otro/uno/otra/mano/lado/nos/departamento
cada vez .. persona/alguien/distint*/diferente*/otro
empezar .. cero/nuevo
tengo/tenemos/tener que .. explic*/repetir*/empezar/perseguir*/rogar/insistir
explic* .. otra/veces/vez
plantad*/tirad*/abandonad*/ignorad*/olvidad* .. otra/en/por/y/desde/ustedes
nos/me .. abandonad*/ignorad*/olvidad*/plantad*/plantaron/ignoran/ignora/ignoraron/tirad*/olvidaron/colgo/colgaron/trato/hablo/habl*
dej* .. plantad*/tirad*/colgad*
trato/trataron/tratan/habl* .. mal/pesim*/despectiv*/groser*/forma/manera
forma/manera/modo .. en .. que/hablo/trat*/manej*/gestion*/habl*/como
hablar/escal*/elevar/comunicarme .. supervisor/responsable/jefe/superior/gerente/director/encargado
escal* .. responsable/supervisor/jefe/gerente/superior/caso/tema/esto
se .. sacan/lavan/pasan/hacen .. manos/encima/locos/sordos/desentendid*/desentienden
prometi* .. no/nadie/nunca/otra/hace/y/pero
promesas .. rotas/vacias/incumplid*/puras/nada/sin
solo/puras/puros .. promesas/excusas/pretextos/respuestas
excusas/pretextos/evasivas
mala/malo/malos/malas/mal/pobre/floj* .. SOPORTE
SOPORTE .. es/fue/ha/sido/esta/muy/tan/bastante mal*/lent*/pobre/floj*/peor
que mal/mala/malo
va/van/ido/anda/todo .. de mal .. peor
de mal en peor
peor
empeor*
paso/pasos .. atras
muy lent*/lentisim*
no .. gusta/gusto/convence/agrada
odia*/detest*
basta/ya esta bien
sin .. avisar/aviso/consultar/preguntar/previo
falta de .. respuesta/respeto/seriedad/profesionalidad/comunicacion
le/les .. da igual/importa
no .. les/le importa*/interesa*
no .. tiene/tienen/tenia ni .. idea/nombre
no .. sab* .. nada/producto/responder/lo
sin .. idea/preparacion/preparar
retraso*/demora*/atraso* .. perjudic*/afect*/inaceptable*/otra/constante*/siempre
demasiado tiempo/complicad*/dificil
arrepent*/arrepient*
siento/sentimos/siente/sintiendo .. estafad*/enganad*/ignorad*/abandonad*/decepcion*/solos/frustr*/maltrat*
perdi* .. dia/dias/semana/semanas/horas
no .. tolerar/aguant*/soport*
aguantar/soportar .. esto/mas
falta/faltan .. funciones .. prometid*
cost* .. mas clics/trabajo/que
siempre .. lo/mismo/igual/problema/problemas/excusa
fecha* .. cambi*/ninguna/incumpl*/cumpl*/movi*
no .. se .. present*/aparec*/conect*
no .. aparecio/presento/llamo/llego .. reunion/cita/sesion
es/una una lastima/pena'),
    ('complaint', 'medium', 0.35, 'otra vez
queja/quejas
lent*
mal/mala
problema/problemas
promet*
molest*
pena
demora*/tarda*
de nuevo
preocup*
dificil/complicad*
sinceramente/francamente/verdad
lentisim*
increible
nada'),
    ('complaint', 'low', 0, 'ninguna/no/sin/cero queja*
ninguna/no/sin/cero .. queja*/reclamo*
perdon* .. molest*/lata/insist*/tardanza/demora/retraso
disculp* .. molest*/demora/tardanza/retraso/inconveniente*/insist*/confusion
quejan menos
clientes .. quejan
mi/mis/nuestros/los/un/sus/unos cliente/clientes .. content*/molest*/enojad*/insatisfech*/descontent*/enfadad*/satisfech*/quej*
clientes/cliente .. insatisfech*/molest*/enojad*/descontent*/enfadad*
no .. molest*
mucho gusto
no .. decepcion*/es malo/esta mal/mal/mala
nada mal
no .. urgente/prisa/apuro
sin .. prisa/urgencia/apuro
gracias .. otra vez
otra vez .. gracias
mal tiempo/clima
lament* .. demora/tardanza/retraso/no/tardar
nunca .. decepcion*
de mal
mal entend*
respuesta automatica
fuera .. oficina
no .. arrepent*/arrepient*
no .. se .. preocup*
lament* .. informar*/comunicar*
servidor/api/sistema/app/pagina/web .. no .. respond*/contest*
no se si
envian .. sol*'),
    ('complaint', 'low', -1, 'ignor* .. mensaje/correo/anterior
sigan asi'),
    -- Billing.
    ('billing', 'medium', 0.9, 'cobr*/factur*/carg*/pag*/debit*/descont* .. dos/tres/doble veces
cobr*/factur*/cargo/pago/cargos/pagos/debit*/descont* .. duplicad*/doble/demas/repetid*/identic*/dobles
doble*/dos/duplicad*/otro .. cobro*/cargo*/debito*/factura*/pago*/retiro*
por duplicado
cobr*/factur*/pag* .. de mas
de mas & cobr*/factur*/pag*/cargo
siguen/sigue/continuan/seguimos/vuelven/volvieron .. cobrando/facturando/cargando/cobrar/cobrandonos/pagando/descontando/cobrarme/cobrarnos/llegando
cobr*/factur*/cargo .. aunque/indebid*/incorrect*/mal/erron*/sin/pese/cuando/despues/apesar
cobr*/factur* .. plan/anual/ano/usuarios/licencias/asientos/algo/modulo/servicio*/funcion*/extra*/comision*/mes
me/nos .. cobr* & gratis/nunca/no/cancel*/baja/elimin*/solo/gratuit*/prueba/dijeron
cobr*/cargo/cargos/factura/facturas/facturan/facturaron/pago/pagos/pagando & nunca/elimin*/gratis/cancel*/baja/desconoc*/sorpresa/acord*/autoric*/autoriz*/pedimos/pedi/solicitamos/contratamos
error/errores/fallo/diferencia*/discrepancia*/problema*/inconsistencia* .. factura*/cobro*/recibo/importe/cargo*/monto/precio/pago*/boleta
FACTURA .. mal/incorrect*/erron*/equivocad*/error*/diferent*/distint*/raro/rara/mayor/inflad*/excesiv*/extra*/alt*/desorbitad*/elevad*
mal/incorrect*/erron*/equivocad*/raro/rara/extran*/excesiv*/desconocid*/inesperad* .. factura*/importe/cobro*/monto/recibo/precio/cargo*/iva/cif
FACTURA & no .. coincid*/correspond*/cuadra*/correct*/concuerda*/refleja*/figura*/esta*/cierra*/dan/reconoc*/es/nos/tiene*
no .. cuadra*/dan .. numero*/cuenta*/importe*/cifra*/factura*/monto*/total*
numero*/cuenta*/importe*/cifra*/total*/monto* .. no .. cuadra*/cierra*/coincid*/dan
reembols*/reintegr*
devolucion .. dinero/importe/pago/cobro/monto/cuota/plata/cobrad*/de
quier*/quisiera/solicit*/necesit*/exij*/exigimos/espero/esperamos/pido/pedimos/pedir/esperando .. reembols*/devolucion/abono/reintegro/devuelv*/compensacion/bonificacion
devuelv*/devolver*/devolvier*/devuelt*/regres*/reintegr*/retorn* .. dinero/pago/pagos/importe/cobro/plata/lana/monto/cobrad*/cuota/pasta/diferencia/pague
no .. reembolso/reintegro/devolucion/abono
donde/cuando .. abono/reembolso/devolucion/reintegro/devuelven
nota .. credito/abono
dinero .. vuelta
tarjeta/pago/transferencia/debito .. rechaz*/declin*/deneg*/fall*/rebot*/error/bloque*
tarjeta/pago .. no .. pasa*/acept*/funciona*/proces*/entra/permite/deja/va
no .. acept*/pasa*/proces*/deja/puedo/podemos .. tarjeta*/pago*/pagar
rechaz*/rebot* .. tarjeta/pago/recibo/transferencia
banco .. devolvio/rechazo
por que/motivo .. factura*/subido/subio/cobran/cobraron/precio/pago/pagamos/pagando/aument*/cobra*/cuesta*
a que .. debe/corresponde/viene .. pag*/cobr*/cargo/aumento/subida/pasamos/importe/recargo
de que .. es/son/cargo/cobro .. cargo/cobro/factura
aclar*/explic*/justific*/desglos* .. cargo*/cobro*/factura*/importe/aumento/monto/precio
subier*/subio/subid*/suben/sube/aument*/increment*/encarec*/subiendo/alza/duplic*/triplic* .. precio*/factura*/tarifa*/cuota*/costo*/mensualidad/renovacion/licencia*/coste*/ciento
precio*/factura*/tarifa*/cuota*/costo*/mensualidad/renovacion/licencia*/coste* .. subier*/subio/subid*/aument*/increment*/alza/duplic*/triplic*/dispar*/subiendo/sube
aumento/incremento/subida/alza .. precio*/tarifa*/cuota/mensualidad/costo*
cargo*/cobro*/debito*/concepto* .. no/adicional*/extra*/desconocid*/indebid*/inesperad*/autorizad*/raro*/sorpresa
no .. reconozco/reconocemos/suena/corresponde/autoric*/autoriz*/pedi*/solicit*/contrat* & cargo*/cobro*/factura*/linea/concepto/importe/modulo/pago/cobra*
no .. de acuerdo .. recargo/factura/cobro/cargo
recargo/sobreprecio/sobrecost*/sobrecobr*
demasiado/muy/tan/bastante/carisim*/super car*/cost*/elevad*
carisim*
no .. podemos/puedo .. pagar/costear/asumir .. precio/tanto/ese/esa
descuento*/promocion/bonificacion/cupon/abono & no/falta/sin/aparece/acordado/nunca/donde/pactad*
falta .. descuento
recordatorio*/reclam*/moros*/deuda/impag*/vencid*/suspend*/bloque*/cobranza/cobranzas & pag*
ya .. pagamos/pague/pagad*/pagado
no .. deb*/adeud* .. nada/dinero/factura
comision/comisiones/tarifa/tarifas .. alta/altas/oculta/ocultas/abusiv*/excesiv*
quitenl*/quiten/quitar/elimin*/anul* .. factura/cargo/recargo/cobro
factura .. dolares/euros/moneda/pesos & contrato/no/deberia/y
corregir*/corrij*/rectific*/rehacer/reemitir/reemitan/refactur*/refacturacion .. factura*/recibo/cfdi/datos/importe/la
factura* .. corregir*/corrij*/rectific*/rehacer/reemitir
factura* .. nombre .. otra/otro/equivocad*
otra .. razon social
falta .. iva/impuesto
prorrateo/proporcional & raro/mal/error/debiamos/calculo/no
debiamos/deberiamos/deberia pagar/cobrar/costar
compensacion/compens* .. caida/dias/inconveniente*/por/economic*
pagando .. de mas
pag* .. mas .. que/debido/debemos/cuenta
pag*/pagando .. por .. algo/usuarios/licencias/modulo*/no .. no/que
pago/pagamos/pagando .. usuarios/licencias .. tenemos/no/solo
nif/cif/rfc/iva/cuit/ruc/nit/rut .. mal/incorrect*/equivocad*/error/falta
disput*/impugn*/contracargo*
retir*/sac*/debit*/descont*/quit*/tom* .. dolares/euros/pesos/dinero/plata/cuenta/tarjeta/soles
aparec*/veo/llego/salio .. cobro*/cargo*/debito*
mas caro/cara/caros .. que/cotiz*/presupuest*/acord*/dijeron
mas .. de lo .. cotiz*/presupuest*/acord*/pactad*/firmad*/contratad* & factur*/cobr*/caro/precio/pag*/cuesta/euros/dolares
mas .. de lo que .. cotizaron/presupuestaron/ofrecieron/pactamos/firmamos/acordamos
diferencia*/discrepancia* .. cotizacion/presupuesto/factur*/contrato/acordado/oferta
duplic*/triplic*/dobl* .. factura*/precio*/cuota
descuento & nada/prometi*
prometi* .. descuento
precio*/tarifa*/cuota* .. control/nubes/locura/abusiv*/excesiv*/disparad*/altisim*/desorbitad*/elevad*
siguen/sigue/aun/todavia .. en .. factura*
volvi* .. a .. cobrar*/facturar*/cargar*
transferencia/iban/clabe .. no/invalid*/rebot*/rechaz*/error
recargo*/mora
cobr*/cargaron/debit* .. dolares/euros/pesos/soles/accidente
precio .. nuevo/nueva .. no
nuevo precio
nunca/no aprob*/autoriz*
no .. lo/la .. voy/vamos .. pagar
no .. voy/vamos/pienso .. a pagar
sac*/sacando/sacarme/retirar/descontar* .. dinero/plata
monto/importe/precio .. no .. lo/que .. quedamos/acordamos/pactamos/dijeron
abono/credito/descuento .. promet*/no .. esta/aparece
me/nos devuelvan/regresen/devuelven .. dinero/plata/lo/pago/importe/la
rechaza* .. tarjeta*/pago*
factura .. trae/dice/incluye/pone .. cuando/pero/y/no
devuelt* .. plata/dinero/lana
falta* .. nif/cif/rfc/iva/cuit/ruc/nit .. factura*
the invoice .. mal
mas alto/alta/caro/cara/elevad* .. que
precio/renovacion/factura/cuota .. mas alto/alta/caro/cara
solo .. tenemos/somos/usamos/hay .. usuarios/licencias/personas/asientos
factura/facturan/cobran/cobraron & somos/tenemos
dos facturas
aplic* .. mal/iva/impuesto
nuev* tarifa*/precio*/cuota* .. mas/pagar*/no
pag*/pagando .. usuarios/licencias/asientos .. fueron/hace/activos/usamos/usan/elimin*/baja
recordatorio*/avisos .. factura .. pag*
siguen/sigue .. mandando/enviando/llegando .. recordatorio*/avisos
corrij*/corregir/ajust* .. importe/monto/total/precio/iva'),
    ('billing', 'medium', 0.35, 'factura/facturas
cobr*
cargo
pago/pagos
devolucion
abono
precio/precios
car*
equivocad*/incorrect*/mal
tarjeta'),
    ('billing', 'low', 0, 'gracias .. devolucion/reembolso/factura/cobro/abono/descuento
no hace falta .. devolucion/reembolso
no .. necesit* .. reembolso/devolucion
factura .. esta/estan/es bien/correct*/perfect*/ok
me equivoque
sin .. error/cargo/costo/coste
importes ya cuadran
politica/condiciones .. reembolso*/devolucion*/pago*/precio*
cambio/cambiar/actualiz*/modific* .. forma/metodo/medio/direccion/datos/tarjeta
mandar/manden/mandan/envi*/reenvi*/pasan/compart*/necesit* .. copia/pdf/factura*/recibo/xml
pagar/pagamos/pague/pagado/pagamos .. factura & acab*/manana/ayer/hoy/listo/adjunt*/comprobante
acab* de pag*
cliente/clientes .. pag*/factura*/deb*/impag*/vencid*/cobr*/precio
nuestros/mis clientes
a cargo
estoy/esta/persona/quien/hac* cargo
sin cargo
hace/hara/hare cargo
cobro/cargo .. automatico & detener/desactivar
sin pagar .. otro
pag* mas .. cierren
no pague
cliente .. pidio/pide/solicit*
donde .. anoto/registro
descargar/bajar .. facturas
donde .. veo/ver .. factura
que/cual/cuando .. factura .. pagada/vence'),
    -- Outage.
    ('outage', 'high', 0.9, 'caid* .. otra/para/desde/sistema/plataforma/produccion/total/general
esta*/sigue*/produccion/sistema/plataforma/servicio/servidor/pagina/web/todo/api/sitio/portal/quedo/anda .. caid*
se .. cayo/cae/caen/cayeron
hay .. caida
cuarta/tercera/segunda/otra/nueva .. caida
abajo .. sistema/plataforma/servidor
sistema/plataforma/servidor/sitio/servicio .. abajo/fuera/interrumpid*/inestable*/intermiten*
500*/502*/503*/504*/404*/429*/401*/403*
error* .. interno/servidor/conexion/desconocido/inesperado/codigo/red/autenticacion
error/errores .. al/cuando/en/cada/desde/todo/todas/toda
sale/aparece/da/muestra/devuelve/sigue/recibo/tira/marca/arroja/lanza/dando/salta/bota/salen/veo/sigo/dice/tirando/daba .. error*/timeout*/falla
mensaje/pantalla .. error
timeout/timeouts/500
no .. ANDAR
COSA .. no .. ANDAR
no .. hay .. acceso/sistema/conexion/servicio/forma
no .. puedo/podemos/puede/pueden/consigo/conseguimos/consigue/logro/logramos/logra/deja/dejan/permite .. ENTRAR
no .. hay manera/forma/modo .. ENTRAR
nadie .. ENTRAR
nadie .. puede/logra/consigue/pudo/podemos/podido
ningun* .. ENTRAR/ANDAR/puede/consigue
imposible/incapaz/imposibilitad* .. ENTRAR
sin poder .. ENTRAR/trabajar
nada .. ANDAR
deja*/dejo/dejaron/dejado de .. ANDAR/sincronizar/enviar/cargar/llegar/responder/funcionar
ya no .. ANDAR
COSA .. fall*/parad*/paro/detuvo/detenid*/detuvieron/roto/rota/rotos/rotas/romp*/vaci*/bloquead*/congelad*/trabad*/colgad*/pegad*/atascad*/interrump*/interrumpid*/atorad*/tild*/desconect*/inaccesible*/inestable*/caido/caida/parado/trab*/traba/desaparec*/descompuest*/estropead*/averiad*
servicio .. no disponible/interrumpido
no .. disponible*/accesible*
inaccesible*/inutilizable*/inservible*/indisponib*/inoperativ*/inoperant*
fuera de .. servicio/linea/combate
sin .. servicio/acceso/sistema/linea/señal/correo/datos
desaparec*/esfum*
bloquead*
se .. cierra*/cuelga*/congel*/trab*/bloque*/quedan/tild*/pega/atora/desconect*/peg*/apaga/reinicia/queda
se qued* .. pensando/cargando/colgad*/vueltas/blanco/pegad*/trabad*/congelad*/asi/dando/pantalla/a/en
queda*/quedan .. cargando/colgad*/pensando/trabad*/pegad*/blanco/congelad*/girando/vueltas
dando vueltas
pantalla .. blanco/negra/blanca/azul/negro
en blanco/negro
tiempo .. espera .. agotado
rot*
romp*
trabad*/atascad*/colgad*/atorad*
algo salio mal
sesion .. invalida/expir*/cierra/caduc*
archivo* .. vacio/corrupt*/danad*
no me sale
interrupcion/incidencia .. servicio/general/grave/ahora
tarda*/demora*/toma .. minutos/horas/siglos/eternidad/segundos/cargar/abrir/anos
lent* .. usar/inutil*/insufrible/trabajar/imposible/hoy/sistema/plataforma/todo
anda/todo/sistema/plataforma/app/programa/pagina/web/portal .. lentisim*/lent*/pesad*
no .. se .. puede .. trabajar/usar/entrar/acceder/hacer
problema*/fallo*/falla*/inconveniente*/dificultad*/incidencia* .. para/con/en/al/de COSA/ENTRAR
estan/tienen/hay .. con/algun*/un/problema* problema*/falla*/incidencia*/caida*/fallo*
como no .. anda
nadie & podido/puede/pudo/logra/consigue/podemos & ENTRAR
nadie ha podido
datos .. desaparec*/desactualiz*/incorrect*/viej*/perdieron/perdido
perdimos/perdi/perdieron .. acceso/datos/informacion/registros/trabajo/contactos
se .. borr*/perdi* .. datos/informacion/registros/todo/contactos/notas
COSA .. muerto/muerta/caput/frit*/roto
me/nos .. desconecta/saca/expulsa/bota/desloguea/echa .. apenas/cada/cuando/al/todo/de/a
ruedita/rueda/circulo/relojito
me saca/expulsa/bota/echa/desloguea/desconecta .. de/sesion/sistema/cada/solo
bucle/loop/excepcion
va .. a pedales
siempre/y .. devuelve/regresa/manda/redirige .. inicio/login/principio/acceso
no .. corrio/ejecut*/proces*/genero
nunca .. llegan .. destino/destinatario*
correos/mails/emails/mensajes .. nunca .. lleg*
no .. recib* .. ningun*/correos/mensajes/respuestas/notificaciones/alertas .. desde
sin recibir .. correos/mensajes/notificaciones/alertas/datos
congelo/congela/trabo/colgo/tildo/pego .. todo
mitad .. ve/ven/puede* .. vaci*/no
pagina/pantalla/lista/inicio .. vaci*/vacia
no .. refresc*/actualiz*
no .. alcanz*/llega* .. a .. app/plataforma/sistema
numeros/datos .. son .. semana/ayer/viej*
solo me pasa
esta*/anda/sigue .. intermitente
correos/mails/avisos/llegan .. horas/dias/retraso/atraso
correos/notificaciones/alertas/mensajes/datos/sincronizacion .. retraso/retrasad*/atraso/demora/tarde
los/nos/les/me/lo saca/sacan/expulsa/bota/echa .. del/de/sistema/a/cada
no .. logra*/consig*/pued*/podemos/puedo .. importar/exportar/descargar/subir/guardar/cargar
servidor .. no .. respond*
falla .. en/al/siempre/ultimo/cada/paso
acceso/permiso denegado/denegada/prohibido
no pasa/ocurre/sucede/hace nada
ningun*/nadie & ve/ven/puede*/abre/entra/acced*
sale*/aparec*/esta* .. vaci*
no .. reacciona
ni reacciona'),
    ('outage', 'medium', 0.35, 'error
falla*/fallo/fallan/bug
caida
desactualizad*
lent*
desde .. manana/ayer/hoy/lunes/actualizacion/anoche/domingo/temprano/viernes/fin
problema/problemas
vaci*
hoy/ahora
intermiten*'),
    ('outage', 'low', 0, 'no/sin/ni .. ningun error/fallo/problema/falla/incidencia
sin .. error/errores/problema/problemas/fallos/novedad
no .. hay/hubo/tenemos/tuvimos .. error/problema/fallo/fallos/errores
ya .. carga*/funciona*/puedo/entr*/anda/quedo/esta .. bien/entrar/sin/perfecto/gracias/solucion*/resuelt*/normal
no era .. error
error .. mio/nuestro/mia
no .. vuelto/volvio/volvieron/ha .. fallar/pasar/ocurrir/suceder/aparecer/vuelto
no .. encuentr*
no hay problema
no te preocup*
todo funciona
tarjeta/pago/factura/cobro/descuento/recibo/importe/recargo
mantenimiento
ayer/pasada/pasado/anterior .. resuelt*/solucion*/paso/quedo/gracias/ya
problema/error/incidencia/caida/fallo/lentitud/incidente .. resuelt*/solucion*/paso/desaparec*/quedo/arregl*/pasado/superad*/ayer
fue/era/estaba/ha/quedo/esta .. resuelt*/solucionad*/arreglad*
gracias .. resolver/solucionar/arreglar/ayuda/rapid*
como/donde/se/puede/puedo/podemos .. configur*/cambi*/filtr*/activ*/exporto/hago/hacer/agreg*/ver/saber/encontr*/desactiv*
como .. ENTRAR
hay .. forma/manera/opcion/limite/modo .. de/para
cuando/si .. un/una/mi/el/algun .. cliente/uso/integracion/sincronizacion/api .. cae/falla/baja/deja/entra
avis*/alert*/notific* .. si/cuando
uso/consumo/ventas/puntaje/score/salud/precio .. baj*/cae/caid*
no .. podre*/podremos/puedo/podemos/podran/podra .. asistir/ir/llegar/participar/conectarme/acompan*/unirme/estar/conectarnos
no .. va/vamos .. a .. poder
no va .. mal
no .. sab*/entiend*
no .. llegu*
nadie .. va/sabe/respond*/contest*/atiend*/llam*/ayud*/da/escuch*/lee
no .. respond*/contest* .. ustedes/nadie/correo/mensaje*/ticket/soporte/me/nos
no .. sirve .. nada
ya entro/entramos
ya funciona/funcionan/anda/carga
se .. puede .. trabajar .. con/mejor
sala/proyector/oficina/videollamada .. no .. funciona
como .. limito/borrar/restringir
no .. hay .. boton/opcion
botón/boton .. no .. veo
para poder
presupuesto/contrataciones/todo .. congelad*
problemas .. pero .. arregl*
lunes/ayer/martes/miercoles/jueves/viernes tuvimos/hubo
nuestro propio/propia
nada que ver .. ustedes
consultor/nadie/gerente .. no .. aparecio
es normal
consultor/formador/instructor/tecnico .. llego
equipo .. desesperad*
por fin
resolvimos/solucionamos/arreglamos
era nuestro/nuestra
no .. preocup*/importa*
desde entonces
pero .. desde/ya/ahora .. bien/perfecto/estable/normal'),
    ('outage', 'low', -1, 'falsa alarma
ignor* .. mensaje/correo/anterior
error .. estaba/era/fue .. mi/nuestro/mio/nuestra/mia
ya .. quedo/funciona .. gracias/perfect*
ya .. funciona todo/bien
todo .. funciona/anda/normal/vuelve .. bien/correct*/perfect*/normalidad/nuevo
volvio/vuelto .. normalidad
gracias .. resolver/solucionar/arreglar/resuelto/solucionado/restablecer
no ha/han vuelto
ya .. resuelto/solucionado/arreglado'),
    -- Competitor.
    ('competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & migrar/pasar*/cambiar*/unificar/reemplaz*/regal*/ofrec*/gratis/success/barat*/compar*/consolid*/alternativa/todo/estandariz*/inclu*
competidor* & ofrec*/propuesta/precio*/barat*/llam*/contact*/demo*/prob*/prueb*/evalu*/compar*/mir*/cambi*/migr*/firm*/tiene*/hace*/present*/cotiz*/busc*/visit*/vs/habl*
con/en/ver/pra/por/vuestra/su/mirando/viendo/hacia la competencia
la competencia .. no/ofrec*/tiene/cobra/hace/llam*/barat*/propu*/contact*
otro/otros/otra/otras/distint*/nuevo/nueva/nuevos/varios/varias/dos/tres/cuatro/demas .. proveedor*/vendor*
revis*/evalu*/compar*/licit*/busc*/analiz*/seleccion*/cambi*/estudi* .. proveedor*
MIRAR & otra/otras/otro/otros/distint*/varias/varios/nueva/nuevo PROVEEDOR
otra empresa/compania/herramienta/plataforma & propuesta/oferta/barat*/ofrec*/cambi*/migr*/matriz/usa
alternativa* & MIRAR/ano/mercado/hay/barat*
MIRAR .. alternativa*/opciones/otras/otros/mercado
otras/otros/otra/mas opciones/alternativas
mercado & mirar/viendo/mirando/ver/busc*/compar*/explor*/sonde*/que/revis*/opciones/analiz*
que .. mas .. hay/existe/ofrece .. mercado/por/ahi
compar* .. con .. otra/otras/otro/otros/dos/tres/competencia/demas
compar*/diferenci*/distingu*/mejor* .. ustedes/vosotros/su/vuestr* .. con/de/frente/respecto/que
evalu*/compar*/prob* .. otra/otras/otro/otros
mas barat*/economic* .. oferta/propuesta/opcion/proveedor/alternativa/precio/otro/otra
oferta/propuesta/opcion/alternativa/cotizacion/presupuesto/precio .. barat*/mejor*/atractiv*/economic*/competitiv*/mitad/tentador*
licitacion/licitaciones/rfp/rfi
mitad .. precio/cuesta/costo/que/cobran
por la mitad .. precio/costo/coste/cuesta/dan/hacen/cobran/ofrecen
cuesta/vale/cobra*/sale .. mitad/menos
mismo .. menos/mitad
igual* .. oferta/precio/propuesta/cotizacion
cotizacion*/presupuesto*/oferta*/propuesta* .. otro*/otra*/varias/varios/sector/competidor*
tres/dos/varias/varios/otras/otros cotizacion*/presupuesto*/oferta*/propuesta*
nos .. cambiamos/pasamos/cambiaremos/pasaremos/migramos .. a/de/con
cambiar*/cambiamos/cambio/cambiando .. de .. proveedor/herramienta/plataforma/sistema/software
reemplaz*/sustitu*/remplaz* .. por/ustedes/herramienta/plataforma/su/con
sustituto
irnos/vamos/ir/firm*/quedar* .. con .. otro/otra/otros/ellos
matriz/grupo/corporativo/casa/holding & otra/usa/suya/propia/migr*
matriz/grupo/corporativo .. usa*/utiliz*
demo/presentacion/prueba .. de/con .. otra/otro/competidor*
otra/otro/una .. empresa/proveedor/firma .. contact*/llam*/ofrec*/acerc*/present*
nos/me .. contact*/ofrec*/busc*/llam*/visit* .. precio/otra/otro/vendedor/comercial/barat*
migrar*/pasar*/mudar*/irnos/migraremos/migremos .. a/con .. otra/otro/suya .. PROVEEDOR
migremos/migrar* .. a .. suya
compar* .. con .. alternativas/opciones/dos/tres
usaba*/usamos .. otro/otra producto/herramienta/plataforma
lo mismo por menos
RIVAL .. oferta/propuesta/precio
rival/rivales .. suyo*/vuestro*/ofrec*/precio*/demo
comparativ* .. entre/con .. ustedes/proveedor*/herramienta*/opciones
hablando/hablamos/reunion* .. con .. proveedor*
par de .. proveedor*/opciones/herramientas
ofrece/ofrecen/ofrecieron/promete .. mismo/mismas/migrar*/alcance
que harian .. quedemos/quedarnos
herramienta/plataforma/software/producto/solucion/opcion/sistema/empresa .. mas barat*
mas barat* .. que/hace/mismo/herramienta/plataforma
hace/hacen lo mismo .. barat*/menos
mudarnos/cambiarnos/migrar/irnos .. a/con otra/otro
dos/tres/cuatro/cinco/entre/los/somos finalista
pasan/pasen .. otro .. proveedor'),
    ('competitor', 'medium', 0.35, 'barat*
otra/otro herramienta/plataforma/producto/sistema
evalu*/compar*
alternativa*
demo
atractiv*'),
    ('competitor', 'low', 0, 'no/ni .. mirando/evaluando/buscando/comparando/interes*/cambi*/busc*/plan* .. competencia/competidores/alternativas/otros/otras/otro/otra/proveedor
content*/feliz/felices/encantad* .. elegid*/elegido/haber*
ganaste/ganaron/ganasteis
nuestr*/mi/mis/propia .. competencia/competidor*
gan*/quit* .. a .. un competidor
cliente/clientes .. compar*/competencia/competidor*/cambi*/otro/otra/alternativas
proveedor .. pago*/internet/correo/identidad/hosting/nube/sso
compar* .. clientes/meses/trimestre*/cuentas/periodo*/segmento*/planes/plan/region*/ano/informe*
venimos/veniamos/migramos/pasamos/viniendo/vinimos .. de/desde .. RIVAL
migramos/dejamos .. de RIVAL
deje/dejamos .. RIVAL'),
    -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
    ('competitor', 'medium', 0.9, 'firm*/contrat*/cerr*/qued*/ir*/vamos .. con/por NAME
cambi*/migr*/pas*/mud* .. a/pra/hacia/al NAME
prueba/piloto/demo/propuesta/oferta/cotizacion/presupuesto/presentacion .. de/del/por NAME
NAME .. cotiz*/ofrec*/ofert*/present*/propu*/propon*
cotiz*/ofrec*/ofert*/propu*/escrib*/llam*/contact*/visit*/busc*/mostr*/ensen* .. gente/chicos/equipo/comercial/vendedor/los .. de NAME
nos/me .. cotiz*/ofrec*/ofert*/visit*/escrib*/escribieron/contact*/llam*/mostr* .. de NAME
gente/chicos/comercial/vendedor/representante/muchachos de NAME
con/entre/contra/frente/versus/vs .. NAME .. y/o ustedes/vosotros/vos/usted
ustedes/vosotros/vos .. o/y/vs/versus/contra/frente .. NAME
irme/irnos/quedarme/quedarnos .. con/a .. NAME
como/igual .. tiene/hace/ofrece/trae/hacen/tienen .. NAME
como .. NAME .. tiene/hace/ofrece/trae
que NAME .. tiene/hace/ofrece/trae/lanzo
NAME .. hace/tiene/armo/resuelve/resolvio/trae .. mejor/tarde/minutos/gratis/mitad/ya/barato
prefier*/gust*/encant*/conven* .. NAME
us*/trabaj* .. NAME .. mientras/tanto
mientras/tanto .. con/en/usando/us* NAME
trabaj*/vien*/ven* .. con/de NAME & quier*/pregunt*/compar*
nos/me cotiz*
cuadro/tabla/matriz/planilla .. comparativ*
lado a lado
dos/ambas/ambos herramientas/sistemas/plataformas/propuestas/opciones
otra/otro/otras/otros .. proveedor*/plataforma*/herramienta*/sistema*/empresa*/software & demo/prueba/piloto/cotiz*/propuesta/oferta/migr*/cambi*/evalu*/compar*/habl*/reun*/firm*/contrat*/gratis/barat*
competidor* .. suyo/suyos/vuestro/vuestros/ustedes/ofrec*/cotiz*/llam*
licitacion/concurso .. proveedor*/renov*/software/herramienta/contrato
salir/sacar .. a .. mercado/licitacion/concurso
le pasa el trapo
da/dan/dar mil vueltas
deja*/dejan corto/cortos
lo/la .. tienen/tiene/hacen/hace y/pero ustedes/vosotros/vos .. no
ustedes/vosotros .. que/cuanto .. dan/ofrec*/igual*/mejor*
al lado .. ustedes/vuestro/suyo'),
    ('competitor', 'medium', 0.35, 'demo/reunion/llamada/piloto/prueba/propuesta .. con NAME
NAME .. mejor/barat*/gratis/bonit*/facil*/rapid*
vuestra/su herramienta/plataforma/producto/sistema
las/los/ambas/ambos dos
propuesta interesante/tentadora/buena/mejor
visit*/ofrec*
migracion gratis/gratuita
prueba .. gratis/gratuita
escuch*'),
    ('competitor', 'low', 0, 'competencia .. de/deportiv*/natacion/futbol/baile/matematica*
trabaj* .. pra la competencia
nuestra/mi/nuestro/nuestros/mis .. competencia/competidor*
competencia* .. digital*/laboral*/profesional*/clave/mercado/marca*
monitore*/rastre*/segu* .. competidor*/competencia
anterior .. de otra casa
integracion/conector/api/import*/export*/sincroniz* .. con/de/a/desde NAME
marido/esposo/esposa'),
    ('cancellation', 'high', 0.9, 'no .. renov*/seguir*/sigo/seguimos .. con ustedes/vosotros/vos/usted
irme/irnos/marcharme/marcharnos/largarme .. de/con/a/en
quedarme/quedarnos .. o irme/irnos
hoy/mejor .. tira .. irme/irnos
baj*/pas*/cambi* .. al/plan/version .. gratuit*/gratis
cerramos/cerrar/terminar/liquidar .. lo nuestro/suyo
lista/entre/grupo .. que .. salen/sale/cortan/recortan/eliminan
ultimo/ultima .. mes/ano/factura/anualidad/pago/dia/cuota .. con/ustedes/vosotros
fecha .. fin/final/termino/vencimiento/salida .. contrato/ustedes/vosotros/nuestro
dejar*/dejamos/dejo .. de usar/utilizar/pagar/contar/trabajar .. ustedes/plataforma/herramienta/sistema/servicio/vosotros
prescind*
hasta aqui/aca
no .. sentido .. segu*/pag*/manten*/renov*
no .. voy/vamos .. segu*/continu*/renov*
romper/salir/salirme/salirnos/rescind* .. contrato
penaliza*/penalidad/permanencia .. sal*/ir*/cancel*/baja/contrato
sal*/ir*/cancel*/baja/irme .. penaliza*/penalidad/permanencia
dejar/dejarlos/dejarlo/dejaros/soltar* .. ustedes/vosotros/herramienta/plataforma/sistema
despedir*/adios .. ustedes/vosotros/servicio/plataforma
toca .. despedir*/irnos/marcharnos'),
    ('cancellation', 'medium', 0.35, 'recort*
penaliza*/penalidad/permanencia
irme/irnos'),
    ('cancellation', 'low', 0, 'tasa/indice/porcentaje/reporte/informe .. abandon*/baja/bajas/cancel*
abandon* .. socios/carrito*/clientes/alumnos
carrito*/carro* abandon*
emplead*/trabajador*/colaborador*/companer*/alumn*/soci*/paciente*/inquilin*/huesped* .. baja/renunci*/finiquit*/cancel*
baja .. emplead*/trabajador*/colaborador*/companer*/alumn*/soci*/paciente*/inquilin*/huesped*
contrato .. laboral/trabajo/alquiler/arrendamiento/luz/emplead*
no .. quier* .. ni asistir/venir/ir
cancel*/anul*/suspend* .. reunion*/almuerzo/cena/cafe/desayuno/visita/cita/llamada/vuelo/hotel/reserva*/pedido/clase/turno/capacitacion/taller
newsletter/boletin/boletines/promocion*/lista de'),
    ('complaint', 'medium', 0.9, 'mugre/porqueria/basura/chapuz*/tomadura/cachondeo/vergonzos*/indecent*/mierda/verguenza/desastre/asco/chafa/bodrio/burla
no .. aprend*/escarmient*
copi* y peg*
a que jug*/jueg*
lo que .. molest*/enoj*/indign*/fastidi*/revient*/duele/preocup*
me/nos molest*/enoj*/indign*/fastidi*/revient*/enfad*
me/nos da .. bronca/rabia/coraje/verguenza/pena/asco .. decir*/que
me/nos colgo/cuelgan/colgaron
prefier* .. papel/mano/excel/cuaderno
vamos en .. semana*/mes/veint*
promet*/dijeron/asegur*/prometieron .. marzo/abril/mayo/enero/trimestre/ano/semana/meses/luego/despues/funcion/tablero
desde hace .. ano/meses/semanas .. promet*/pid*/ped*/esper*
promet*/pid*/ped*/esper* .. desde hace .. ano/meses/semanas
no .. es .. atencion/servicio/serio/normal/forma/manera/profesional
cada vez/semana/mes .. lo mismo/peor/pretexto*/excusa*/persona
no .. se .. como defend*/justific*
no .. supo/saben/sabe/sabian .. contest*/respond*/explic*/decir*/nada
nadie .. da la cara/asume/hace
dan/dar/dando/das .. larga*/vueltas
toman/tomando/tomar/toma .. pelo
exij*/exigimos .. respuesta/explic*/soluc*/que
me/nos .. sient* .. enganad*/estafad*/ignorad*/usad*/mal/tont*/defraud*/burlad*
cuesta creer
no .. puede ser
esperab*/esperaba .. mas/mejor/otra
de verdad/veras .. que no/mal
no .. dign*/aceptable*/admisible*'),
    ('complaint', 'medium', 0.35, 'siempre lo mismo
ustedes mismos
exij*/exigimos
de veras
tristeza/triste'),
    ('complaint', 'low', 0, 'tasa/carrito*/indice .. abandon*
abandon* .. carrito*/socios/clientes
anterior .. nos dejo
mensaje/respuesta automatic*
con los brazos
lo mismo a mi/mis'),
    ('billing', 'medium', 0.9, 'recibo/factura/cuota/mensualidad/anualidad/cargo/cobro/pago .. dos/doble/tres veces
aumento/aumentos/incremento/incrementos/alza/reajuste/subida .. percent/precio/tarifa/cuota/plan/mensualidad
percent .. aumento/incremento/mas/alza .. factura/tarifa/precio/cuota/plan/renovacion/caro/contrato/ano
subi*/aument* .. factura/tarifa/precio/cuota/plan/renovacion/mensualidad/contrato .. percent
con/ese/este/aplic* .. aumento/incremento/ajuste/alza
a ese/este/esos precio*/tarifa*
precio* .. fuera .. lugar/mercado/alcance/rango
no .. nos .. da el/la cuero/bolsillo/presupuesto/caja/numeros
no .. pod* pagar/costear/asumir/permitir
tope/limite .. inflacion/aument*/percent/contrato
excedente* .. cobr*/factur*/comprobante*/cargo
cobr*/factur*/cargo .. excedente*
gir*/emit*/pas* .. anualidad/recibo/factura & devolv*/devuelv*/no/aun/pese/aunque
devolv*/devuelv*/reintegr*/reembols* .. mitad/dinero/plata/anualidad/cobro/pago/importe/diferencia/cuota/pesos/euros/dolares/nos/me
refund/chargeback/charge
nadie/no .. reconoc* .. cobro/cargo/factura/importe
cobro/cargo/charge .. nadie/no .. reconoc*
tarifa .. de .. ano/antes/anterior/20*
respet* .. tarifa/precio/descuento/contrato
nos/me .. cobr*/cobran/factur* .. igual/demas/mas/doble/dos/indebid*/aun/sin
cobr*/factur* .. mas de/caro/cuenta
rebaj*/descont*/quit* .. factura/recibo/cuota'),
    ('billing', 'low', 0, 'interesante*/interes .. propuesta/ver/saber/conocer
un/una/mis/nuestros/los/las alumn*/soci*/paciente*/inquilin*/huesped*/client*/comensal*/apoderad*/donante*/vecin*
nuestr*/mis .. client*/alumn*/soci*/proveedor*
me equivoc*'),
    ('outage', 'high', 0.9, 'sin/sigue/seguimos/siguen poder/pudiendo .. emitir/entrar/ingresar/facturar/trabajar/cobrar/vender/acceder/operar/usar/timbrar/ver/enviar
sin .. sincronizar/cargar/funcionar/conectar/actualizar/responder/senal
estamos/seguimos/quedamos/llevamos .. sin conexion
levant*/restablec*/reactiv* .. servicio/sistema/plataforma
descarg*/export*/archivo/excel/pdf/reporte .. vaci*/blanco/corrupt*/danad*
dejo/dejaron/deja .. de .. funcion*/cargar/sincroniz*/enviar/llegar/responder/emitir/imprimir/correr
COSA .. muert*/caid*/trabad*/tumbad*/frenad*/parad*/colgad*/congelad*
esta*/siguen/sigue/anda/andan .. muert*/caid*/trabad*/tumbad*/colgad*/lentisim*/congelad*
no .. levanta/arranca/enciende/timbra/emite/imprime/jala/abre/prende
nadie .. puede/pudo/logra/consigue
se .. cay*/cae/cuelga/traba/congela/tilda/pasma
todo parad*/detenid*/muert*
tira/lanza/arroja/da/marca .. error'),
    ('outage', 'low', 0, 'no .. supo/sabe/saben/sabian
manual/contrato/factura/texto/diapositiva*/documento .. errores/error
error .. manual/contrato/factura/texto/formula
mi excel
suyo .. no .. vuestro/tuyo
me/nos colgo
nuestro/mi .. internet/wifi/router/servidor/impresora'),
    -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
    ('any', 'low', -1, 'falsa alarma
error/culpa/fallo .. mio/nuestro/mia/nuestra
fue .. error/culpa .. mio/nuestro/mia/nuestra
ustedes/vosotros .. estan bien/estais
respuesta/mensaje automatic*
fuera de .. oficina
permiso/baja .. maternidad/paternidad
era .. cosa/problema .. nuestra/nuestro
resulta/resulto .. que .. nuestr*/mio/mi'),
    ('any', 'low', 0, 'vecin*/primo/prima/cunad*/marido/esposa/esposo/amig*
colega .. de otra/otro
el suyo no
de otra casa
antes/solia/solian .. pero ahora'),
    ('competitor', 'medium', 0.9, 'piloto/prueba/periodo/trial/demo/version .. con/de/en NAME
evalu*/prob*/compar*/mir*/vi/vimos/viendo/estudi*/analiz*/cotiz*/explor*/considerando/visto/mirado NAME
maravillas .. de NAME
NAME .. no hay color
recomend*/insist* .. NAME
dos/tres/otra/otras/otros casa/casas/empresa/empresas/proveedor*/compania*/firma* .. que/cotiz*/ofrec*/hacen/mas
hacen/hace/ofrece/ofrecen/tienen lo mismo
otra/otras/otro/otros oferta/ofertas/propuesta*/cotizacion*/presupuesto*
oferta/propuesta/cotizacion/presupuesto .. mesa/mas baja/menor/inferior/economic*
quedaron/quedo .. de .. mandar*/enviar*/pasar* .. cotizacion/propuesta/presupuesto
proveedor* nuevo/nueva/distinto .. present*/ofrec*/demo
vino/vinieron/viene/vienen .. a present*/mostrar*/ensenar*/ofrecer*/vender*
alternativa*/opciones .. presentan/ver/mercado/evalu*/mir*/busc*/pidio
NAME .. percent/mitad/tercio/menos
mitad/tercio .. precio/cuesta/cobran/cotiz*
no cobra/cobran .. por/ustedes/y'),
    ('competitor', 'medium', 0.35, 'oferta/propuesta/cotizacion
NAME .. demo/piloto/prueba
us* NAME'),
    ('competitor', 'low', 0, 'venimos/vinimos/veniamos .. de otro/otra/la
desde que .. lleg*/cambi*
clasico/partido/liga/torneo/equipo .. rival/competencia
firmamos .. otros/otro .. anos/ano
nos mudamos/mudanza/oficina/domicilio'),
    ('cancellation', 'high', 0.9, 'no cuent* con nosotros/migo
parar/detener/desactivar/quitar .. auto/renovacion/renewal
budget/presupuesto .. no .. contempl*/incluye/alcanza/llega
ya no contempl*
kiero/quiero .. baja
formato/formulario/carta/documento .. terminar/cancelar/rescindir/baja
vendimos/vendemos/vendieron/venden/cerramos .. empresa/negocio/compania/local
sistema propio/interno
propio sistema
hasta NAME/enero/febrero/marzo/abril/mayo/junio/julio/agosto/septiembre/octubre/noviembre/diciembre llegamos/seguimos/estamos
vale/merece .. pena .. quedarnos/quedarme/seguir/renovar/continuar
quedarnos/quedarme/seguir/renovar .. otro/un ano .. mas
volver/volvemos/vuelvo/volveremos .. a/al excel/papel/cuaderno
no seguimos/sigo/continuamos/renuevo'),
    ('cancellation', 'low', 0, 'cancel*/anul* .. emit*/emision
voy/vamos saliendo
cfdi/factura/comprobante .. cancel*
cancel* .. cfdi/factura/comprobante'),
    ('complaint', 'medium', 0.9, 'nadie .. cumpli*/hace caso/contesta/responde/llama
hasta .. gorro/narices/coronilla/madre/harto/harta/moño
dos dedos de frente
nada de nada
si esto es .. lo mejor
llevo/llevamos .. desde .. mismo/esperando/pidiendo/devolv*
no .. nos .. hace*/hacen caso
quedado viej*/obsolet*/atras/antigu*
vergonzoso/lamentable/inaceptable/indignante/intolerable/penoso'),
    ('complaint', 'low', 0, 'forma de convenc*
vale/merece .. la pena
que verguenza .. olvid*/era/mia
buzon/formulario .. quejas/reclam*
era .. cable/mio/nuestro
lo pasamos fatal
let me
guias .. generan*'),
    ('billing', 'medium', 0.9, 'descont*/descuent* .. dias/proxima/factura/recibo/esos/semana
no acept*/acepto .. incremento/aumento/subida/cargo/tarifa/precio/factura
incremento/aumento/subida/alza .. percent/acept*/precio*
sobrefactur*/sobrecost*/sobreprecio
factura*/recibo* .. error/fallo/mal/equivocad*/devolv*
metieron/metido/meten/incluy* .. factura/recibo/cuenta
nota .. credito .. mitad/mal/menos/error'),
    ('billing', 'low', 0, 'como/donde .. hago/hacer/hacemos/registro/proceso/emito .. reembolso/devolucion/cobro/factura/nota
comprador*/pide/piden .. devolucion
cuenta de cobro .. pdf/mayo/regala
me avisa'),
    ('outage', 'high', 0.9, 'dejo/dejaron .. de .. pas*/emit*/imprim*/recib*/import*/export*/mostr*
no llega/entra/aparece/sale/carga nada
simplemente no
da/sale/tira/marca error/0x*
reiniciado/borrado .. cache/navegador
no abre/abren
contrasena .. incorrecta .. cambio/vuelve/otra/correcta
se queda/quedo pensando/colgad*/cargando
tarda/demora/tardan .. minuto*/siglo*/eternidad
no .. hemos/he/pudimos .. podido .. trabajar/entrar/facturar/vender/cobrar/operar/acceder
timeout/time out .. continuo/siempre/todo/cada'),
    ('outage', 'low', 0, 'no anul*/cancel*
cerrada desde
era .. cable/nuestro'),
    ('any', 'low', -1, 'olvid* .. correo/mensaje/mail'),
    ('billing', 'low', 0, 'como .. anulo/hago/cancelo/marco/emito
grafica/grafico/informe .. bajas
tarjeta nueva'),
    ('outage', 'low', 0, 'que significa
sin conexion .. tablet*
registro de errores
no corre prisa'),
    ('complaint', 'low', 0, 'total/numero/cantidad/reporte .. quejas
olvido .. contrasena'),
    ('competitor', 'low', 0, 'nueva marca
copia/auditor
plan NAME
sede/sucursal/oficina/filial .. NAME
hable con NAME'),
    ('competitor', 'medium', 0.9, 'usaba/usaban/usaron/uso/manejaba/conoce NAME .. trabajo/empresa/anterior/antes
mostr*/ensen*/recomend*/mencion*/hablo/hablaron/suger* .. NAME
en vez/lugar de .. NAME
quedarme/quedarnos/seguir con ustedes/vosotros/vos .. o/en/vez/y
inclin*/decant*/inclinando .. por/hacia NAME
en/con NAME .. me/nos sale/cuesta/dan/hacen
NAME .. lo mismo
otros/otras/demas sistemas/herramientas/plataformas/programas/apps/proveedores .. ya/si/tienen/traen/hacen/ofrecen/pueden
mejor/mejores .. que .. los demas/otros/resto/competencia
lista .. de alternativas/opciones/proveedores/herramientas
que mas .. hay/existe/ofrece .. ahi/mercado/alla
ver .. que .. hay .. ahi/mercado/afuera
uno .. al lado .. otro
presentacion/demo/charla .. rival/competidor/otro/otra
rival/competidor .. ustedes/suyo/vuestro
ustedes/vosotros y a/con/el/la NAME
uno/alguien/gente/chico/vendedor de NAME
tres/dos/varios presupuestos/cotizaciones/ofertas/propuestas
oferta .. agresiva/tentadora/mejor/barata
igual*/mejor* .. oferta/precio/propuesta .. NAME/otro/ellos/esa
armando/haciendo .. lista .. alternativa*/proveedor*'),
    ('competitor', 'medium', 0.35, 'usa* NAME
rival*
en vez de
quedarme/quedarnos con'),
    ('cancellation', 'high', 0.9, 'aviso/notificacion/preaviso de salida/terminacion/baja/cancelacion/rescision/no
ya no .. hara/haran/hace/hacen falta
que .. hacer .. pra .. darme/darnos/cancelar/salir/terminar/baja
penaliz*/multa/penalidad/cargo .. si .. dejamos/cancel*/vamos/salimos/dejo
deshac* de .. ustedes/herramienta/todo/sistema/contrato
tirar/tiramos/tiro .. toalla
cortar/corto/cortamos .. por lo sano
dar/damos/doy por terminad*/finalizad*/concluid*
proyecto .. cancel*/cerr*/muri* .. licencias/cuenta/sobra*
licencias/usuarios/cuenta .. sobra*/sobran
pens*/plante*/dud* .. si .. seguimos/continuamos/seguir/continuar/renovamos/renovar
no .. cobren/cobres .. mas
cierr*/cerramos/cerro .. definitiv*/negocio/local/puertas
quiebra/bancarrota/concurso de acreedores
volver/volvemos/vuelvo .. excel/papel/cuaderno/hoja*
desarroll*/hacer/construir .. propio/propia/interno/casa .. sistema/herramienta/solucion
apagar/apaguen/borrar/borren/eliminar/eliminen/cerrar/cierren .. cuenta/acceso/datos/todo
cuanta/cuanto .. anticipacion/antelacion/preaviso
no .. renueva/renueve/renueven .. solo/sola/automatic*/enero
ya no nos/me sirve/interesa/aporta'),
    ('complaint', 'medium', 0.9, 'segundo/tercer/tercero/cuarto/otro/nuevo consultor/asesor/ejecutivo/agente/gerente/tecnico .. en/otra/vez/explic*/mes*
explicar/explicando/explico .. todo/otra/nuevo/vez/cero
habla*/trata* .. como si/ninos/tontos/idiotas
todo lo contrario
perd*/perdiendo .. fe/confianza/esperanza/paciencia
nadie .. se present*/llego/vino/aparecio/conecto
falta de respeto/seriedad/interes/profesionalismo
grosero/grosera/maleducad*/prepotente/altaner*
cero/ninguna respuesta/respuestas/solucion
esperaba*/esperabamos .. bastante/mucho/mas
siempre .. las/la mism*
no era/es .. lo que .. promet*/vend*/dijeron/ofrec*'),
    ('billing', 'medium', 0.9, 'linea/concepto/rubro/item/cargo/cobro .. no .. entiend*/reconoz*/se que/explica/corresponde
recibo/factura .. no .. entiend*/reconoz*/cuadra
nos/me deben/debe/adeudan
por que .. paso/subio/cambio/salto .. de
factura .. a nombre .. de/otra/equivocad*
impago/impaga/pendiente/moros* .. banco/transferencia/pagu*/pagad*
falta/faltan .. descuento/bonificacion
percent .. descuento .. acord*/falta/prometid*/no
mucho mas .. podemos/puedo/gastar/pagar
mas .. de lo que .. podemos/puedo/acord*/pact*
tarjeta .. rechaz*
dinero/plata/abono/devolucion .. no .. lleg*/aparec*/entr*/refleja
sin decir/avisar nada .. precio/cuota/plan/tarifa'),
    ('outage', 'high', 0.9, 'ya no .. recib*/llegan/imprim*/aparec*/envi*/cargan/salen/sincroniz*
no pasa/hace nada
datos/numeros/totales/cifras/saldos .. mal/en/erroneos .. desde/actualiz*/0
desde .. actualizacion .. mal/no/salen/nada/error
todo en 0/cero/ceros
me/nos saca/expulsa/desloguea/bota/tira .. sesion/sistema/app/cada/dos
pantalla blanca/negra/azul/blanco
pasa algo .. servidor*/sistema/plataforma
no .. logr*/conseg* .. entrar/acceder/ingresar/abrir/facturar
se .. perdieron/borraron/esfumaron/desaparecieron
no .. refleja*/aparecen/figuran .. desde/pedidos/ventas/pagos/datos
esta lentisim*
lentisim*
dando vueltas'),
    ('complaint', 'low', 0, 'nadie puede/logra
lentisim*/pagina/pantalla')
)
SELECT lealup._learn('es', (SELECT jsonb_object_agg(s.name, s.words) FROM slot s), (SELECT jsonb_agg(p) FROM part p));
