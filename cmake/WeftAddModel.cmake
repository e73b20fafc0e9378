# weft_add_model(NAME SOURCE M.weft [CONFIG C.json] [WEIGHTS W] [TARGETS T...] [DEFINES name=value...] [INCLUDES DIR...] [OPTIONS O...])
#
# Compiles a description to a static library target NAME, whose users find NAME.h, weft.h and weft.hpp. It is built again when the
# description, what it imports, the config, the weights or the compiler change. CONFIG may be left out where WEIGHTS is a checkpoint
# folder. OPTIONS go to `weft compile` as they are (--weights-file, --random-weights=1).
cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

function(weft_add_model name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE;CONFIG;WEIGHTS" "TARGETS;DEFINES;INCLUDES;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weft_add_model(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCE)
    message(FATAL_ERROR "weft_add_model(${name}): SOURCE is missing")
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/weft/${name})
  file(MAKE_DIRECTORY ${folder})
  set(library ${folder}/${name}.a)

  set(options --name=${name} --quiet)
  set(depends)
  foreach(part SOURCE CONFIG WEIGHTS)
    if(arg_${part})
      get_filename_component(path_${part} ${arg_${part}} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
      if(NOT IS_DIRECTORY ${path_${part}}) # what is in a folder comes from the depfile
        list(APPEND depends ${path_${part}})
      endif()
    endif()
  endforeach()
  if(arg_CONFIG)
    list(APPEND options --config ${path_CONFIG})
  endif()
  if(arg_WEIGHTS)
    list(APPEND options --weights ${path_WEIGHTS})
  endif()
  if(arg_TARGETS)
    list(JOIN arg_TARGETS "," targets)
    list(APPEND options --target=${targets})
  endif()
  foreach(define ${arg_DEFINES})
    list(APPEND options -D ${define})
  endforeach()
  foreach(include ${arg_INCLUDES})
    get_filename_component(include ${include} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    list(APPEND options -I ${include})
  endforeach()

  add_custom_command(OUTPUT ${library} BYPRODUCTS ${folder}/${name}.h
    COMMAND weft::weft compile ${path_SOURCE} ${options} ${arg_OPTIONS} --depfile ${library}.d -o ${library}
    DEPENDS ${depends} weft::weft DEPFILE ${library}.d COMMENT "Compiling model ${name}" VERBATIM)
  add_custom_target(${name}_weft DEPENDS ${library})
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${library} INTERFACE_INCLUDE_DIRECTORIES ${folder}
    INTERFACE_LINK_LIBRARIES "weft::headers;Threads::Threads;m")
  add_dependencies(${name} ${name}_weft)
endfunction()

cmake_policy(POP)
