// What one type has and another has not, which assigning does not show: members that may be absent, parameters that may be left out.
import ts from 'typescript';

/**
 * Paths to what `before` has and `after` has no more. Looks into members, signatures and the parts of unions; not into types of
 * other packages, nor into those that `isNamed` says are compared by themselves.
 */
export function lostMembers(checker, before, after, isNamed) {
  const seen = new Map();

  const walk = (was, is, path) => {
    if (was === is) return [];
    const known = seen.get(was) ?? new Map();
    seen.set(was, known);
    if (!known.has(is)) {
      known.set(is, []);
      known.set(is, walkInto(was, is, path));
    }
    return known.get(is);
  };

  const walkInto = (was, is, path) => {
    if (path !== '' && isNamed(was, is)) return [];
    if (was.isUnion() || is.isUnion()) return walkUnion(was, is, path);
    const arguments_ = [argumentsOf(was), argumentsOf(is)];
    if (arguments_[0].length > 0 && isForeign(was)) return inPairs(...arguments_, path);
    if (isForeign(was) || isForeign(is)) return [];
    return [...walkProperties(was, is, path), ...walkSignatures(was, is, path)];
  };

  const walkUnion = (was, is, path) => {
    const candidates = (is.isUnion() ? is.types : [is]).filter(isObject);
    return (was.isUnion() ? was.types : [was]).filter(isObject).flatMap((part) => {
      const lost = candidates.map((candidate) => walk(part, candidate, path)).sort((a, b) => a.length - b.length);
      return lost[0] ?? [];
    });
  };

  const walkProperties = (was, is, path) => {
    const lost = checker.getPropertiesOfType(was).flatMap((property) => {
      const name = property.escapedName;
      const at = `${path}.${property.name}`;
      const now = checker.getPropertiesOfType(is).find(({ escapedName }) => escapedName === name);
      if (now === undefined) return [at];
      const frozen = isReadonly(now) && !isReadonly(property) ? [`${at} (it is read-only now)`] : [];
      return [...frozen, ...walk(checker.getTypeOfSymbol(property), checker.getTypeOfSymbol(now), at)];
    });
    const open = checker.getIndexInfosOfType(was).length > checker.getIndexInfosOfType(is).length;
    return open ? [...lost, `${path}[any other name]`] : lost;
  };

  const walkSignatures = (was, is, path) =>
    [ts.SignatureKind.Call, ts.SignatureKind.Construct].flatMap((kind) => {
      const [before_, after_] = [checker.getSignaturesOfType(was, kind), checker.getSignaturesOfType(is, kind)];
      return before_.flatMap((signature, index) => {
        const now = after_[index];
        if (now === undefined) return [`${path}(): a way to call it`];
        return [...walkParameters(signature, now, path), ...walk(signature.getReturnType(), now.getReturnType(), `${path}()`)];
      });
    });

  const walkParameters = (was, is, path) =>
    was.getParameters().flatMap((parameter, index) => {
      const now = is.getParameters()[index];
      const at = `${path}(${parameter.name})`;
      if (now === undefined) return [at];
      if (isOptional(parameter) && !isOptional(now)) return [`${at}: leaving it out`];
      return walk(checker.getTypeOfSymbol(parameter), checker.getTypeOfSymbol(now), at);
    });

  const inPairs = (was, is, path) => was.flatMap((part, index) => (is[index] === undefined ? [] : walk(part, is[index], path)));
  const argumentsOf = (type) => {
    if (type.aliasTypeArguments !== undefined) return type.aliasTypeArguments;
    return (type.objectFlags & ts.ObjectFlags.Reference) === 0 ? [] : checker.getTypeArguments(type);
  };
  return walk(before, after, '');
}

const isObject = (type) => (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;

function isForeign(type) {
  const file = (type.aliasSymbol ?? type.symbol)?.declarations?.[0]?.getSourceFile().fileName;
  return file?.includes('/node_modules/') === true;
}

function isOptional({ valueDeclaration }) {
  return valueDeclaration?.questionToken !== undefined || valueDeclaration?.dotDotDotToken !== undefined;
}

function isReadonly(symbol) {
  return symbol.declarations?.some((node) => (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Readonly) !== 0) === true;
}
