// Prints the syntax tree, one node a line with its place: `weft compile --emit=ast`.
#include "Ast.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace weft::ast {

StringRef unaryOpText(UnaryOp op) { return op == UnaryOp::Neg ? "-" : "not"; }

StringRef binaryOpText(BinaryOp op) {
  constexpr StringRef texts[] = {"or", "and", "&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"};
  return texts[size_t(op)];
}

StringRef elementTypeText(ElementType type) {
  constexpr StringRef texts[] = {"f32", "i32", "bool"};
  return texts[size_t(type)];
}

namespace {

/// Expressions on one line, fully parenthesized.
class ExprPrinter {
public:
  explicit ExprPrinter(raw_ostream &os) : os(os) {}

  void print(const Expr &expr) {
    TypeSwitch<const Expr *>(&expr)
        .Case([&](const NumberExpr *e) { os << e->range.getText(); })
        .Case([&](const BoolExpr *e) { os << (e->value ? "true" : "false"); })
        .Case([&](const StringExpr *e) { printString(*e); })
        .Case([&](const NameExpr *e) { os << e->name; })
        .Case([&](const ListExpr *e) { printList("[", e->elements, "]"); })
        .Case([&](const CallExpr *e) { printCall(*e); })
        .Case([&](const IndexExpr *e) { printIndex(*e); })
        .Case([&](const UnaryExpr *e) {
          os << '(' << unaryOpText(e->op) << (e->op == UnaryOp::Not ? " " : "");
          print(*e->operand);
          os << ')';
        })
        .Case([&](const BinaryExpr *e) {
          os << '(';
          print(*e->lhs);
          os << ' ' << binaryOpText(e->op) << ' ';
          print(*e->rhs);
          os << ')';
        })
        .Default([&](const Expr *) { os << "<error>"; });
  }

  void printArgument(const Argument &argument) {
    if (argument.name)
      os << argument.name->text << " = ";
    print(*argument.value);
  }

  void printType(const TypeExpr *type) {
    if (!type) {
      os << "<error>";
      return;
    }
    os << elementTypeText(type->element);
    printList("[", type->dims, "]");
  }

private:
  void printList(StringRef open, ArrayRef<ExprPtr> elements, StringRef close) {
    os << open;
    interleaveComma(elements, os, [&](const ExprPtr &element) { print(*element); });
    os << close;
  }

  void printString(const StringExpr &string) {
    os << '"';
    for (const StringPart &part : string.parts) {
      if (part.expr) {
        os << '{';
        print(*part.expr);
        os << '}';
        continue;
      }
      for (char c : part.text) {
        if (c == '{' || c == '}')
          os << c << c;
        else if (c == '\n' || c == '\t')
          os << (c == '\n' ? "\\n" : "\\t");
        else
          os << (c == '"' || c == '\\' ? "\\" : "") << c;
      }
    }
    os << '"';
  }

  void printCall(const CallExpr &call) {
    os << call.callee.text << '(';
    interleaveComma(call.args, os, [&](const Argument &argument) { printArgument(argument); });
    os << ')';
    if (!call.scope)
      return;
    os << " @ ";
    printString(*call.scope);
  }

  void printIndex(const IndexExpr &index) {
    print(*index.base);
    os << '[';
    interleaveComma(index.subscripts, os, [&](const Subscript &subscript) {
      if (subscript.kind == Subscript::Ellipsis)
        os << "...";
      if (subscript.lo)
        print(*subscript.lo);
      if (subscript.kind == Subscript::Slice)
        os << ':';
      if (subscript.hi)
        print(*subscript.hi);
    });
    os << ']';
  }

  raw_ostream &os;
};

/// Statements, one a line, bodies indented.
class StmtPrinter {
public:
  explicit StmtPrinter(raw_ostream &os) : os(os), exprs(os) {}

  void printBody(const Body &body) {
    for (const StmtPtr &statement : body)
      printStatement(*statement);
  }

private:
  void printStatement(const Stmt &statement) {
    LineColumn place = statement.range.getBegin();
    os.indent(indent * 2);
    TypeSwitch<const Stmt *>(&statement)
        .Case([&](const ImportStmt *s) { os << "import \"" << s->path << '"'; })
        .Case([&](const ModelStmt *s) { os << "model " << s->name.text; })
        .Case([&](const BlockStmt *s) { os << "block " << s->name.text, printParameters(s->params); })
        .Case([&](const ConstStmt *s) { printNamed("const", s->name, s->value); })
        .Case([&](const PrefixStmt *s) {
          os << "prefix ";
          interleaveComma(s->prefixes, os, [&](const StringExprPtr &prefix) { exprs.print(*prefix); });
        })
        .Case([&](const DimStmt *s) {
          os << "dim ";
          interleaveComma(s->names, os, [&](const Ident &name) { os << name.text; });
          os << " in ";
          exprs.print(*s->lo);
          os << "..";
          exprs.print(*s->hi);
        })
        .Case([&](const InputStmt *s) { os << "input " << s->name.text << " : ", exprs.printType(s->type.get()); })
        .Case([&](const WeightStmt *s) { printWeight(*s); })
        .Case([&](const LetStmt *s) { printLet(*s); })
        .Case([&](const AssignStmt *s) { printNamed("assign", s->name, s->value); })
        .Case([&](const StackStmt *s) { printStack(*s); })
        .Case([&](const OutputStmt *s) { printNamed("output", s->name, s->value); })
        .Case([&](const GenerateStmt *s) {
          os << "generate " << s->input.text << " from " << s->output.text << " {";
          interleaveComma(s->options, os, [&](const Argument &option) { exprs.printArgument(option); });
          os << '}';
        })
        .Case([&](const IfStmt *s) { os << "if ", exprs.print(*s->condition); })
        .Case([&](const RequireStmt *s) {
          os << "require ", exprs.print(*s->condition);
          if (s->message)
            os << ", ", exprs.print(*s->message);
        })
        .Case([&](const ReturnStmt *s) {
          os << "return ";
          interleaveComma(s->values, os, [&](const ExprPtr &value) { exprs.print(*value); });
        })
        .Default([&](const Stmt *) { os << "<error>"; });
    os << " <" << place.line << ':' << place.column << ">\n";
    printDoc(statement);
    printNested(statement);
  }

  void printNested(const Stmt &statement) {
    ++indent;
    TypeSwitch<const Stmt *>(&statement)
        .Case<ModelStmt, BlockStmt, StackStmt>([&](auto *s) { printBody(s->body); })
        .Case([&](const IfStmt *s) {
          printBody(s->thenBody);
          if (s->hasElse) {
            os.indent(indent * 2 - 2) << "else\n";
            printBody(s->elseBody);
          }
        })
        .Default([](const Stmt *) {});
    --indent;
  }

  void printDoc(const Stmt &statement) {
    SmallVector<StringRef> lines;
    if (!statement.doc.empty())
      StringRef(statement.doc).split(lines, '\n');
    for (StringRef line : lines)
      os.indent(indent * 2 + 2) << "/// " << line << '\n';
  }

  void printNamed(StringRef word, const Ident &name, const ExprPtr &value) {
    os << word << ' ' << name.text << " = ";
    exprs.print(*value);
  }

  void printParameters(ArrayRef<Parameter> parameters) {
    os << '(';
    interleaveComma(parameters, os, [&](const Parameter &parameter) {
      os << parameter.name.text;
      if (!parameter.value)
        return;
      os << " = ";
      exprs.print(*parameter.value);
    });
    os << ')';
  }

  void printWeight(const WeightStmt &weight) {
    os << "weight " << weight.name.text << " : ";
    exprs.printType(weight.type.get());
    os << " @ ";
    if (weight.path)
      exprs.print(*weight.path);
    else
      os << "<error>";
  }

  void printLet(const LetStmt &let) {
    os << "let ";
    interleaveComma(let.names, os, [&](const LetName &name) {
      os << name.name.text;
      if (!name.type)
        return;
      os << " : ";
      exprs.printType(name.type.get());
    });
    os << " = ";
    exprs.print(*let.value);
  }

  void printStack(const StackStmt &stack) {
    os << (stack.isDecoder ? "decoder " : "encoder ") << stack.name.text;
    printParameters(stack.bindings);
    os << " repeat ";
    exprs.print(*stack.count);
    if (stack.index)
      os << " as " << stack.index->text;
    if (!stack.scope)
      return;
    os << " @ ";
    exprs.print(*stack.scope);
  }

  raw_ostream &os;
  ExprPrinter exprs;
  unsigned indent = 0;
};

} // namespace

void print(const File &file, raw_ostream &os) { StmtPrinter(os).printBody(file.items); }
void print(const Expr &expr, raw_ostream &os) { ExprPrinter(os).print(expr); }

} // namespace weft::ast
