/*
 * dispatch.c
 *		lealup._dispatch(): calls the function that answers an HTTP request, whose name only its route knows, without a query that
 *		would be parsed and planned for each request.
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_dispatch);

Datum
lealup_dispatch(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid			call = get_fn_expr_argtype(fcinfo->flinfo, 1);
	Oid			handler = LookupFuncName(list_make2(makeString(pstrdup("lealup")), makeString(name)), 1, &call, false);
	AclResult	right = compat_function_aclcheck(handler, GetUserId(), ACL_EXECUTE);

	if (right != ACLCHECK_OK)
		aclcheck_error(right, OBJECT_FUNCTION, name);
	PG_RETURN_DATUM(OidFunctionCall1(handler, PG_GETARG_DATUM(1)));
}
